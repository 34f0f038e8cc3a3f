"""One stage for all scripts: hundreds of tests need no database each of their own."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from chatapp.accounts.models import User
from conversations import catalog
from conversations.turns import runner, titles
from conversations.turns.inspecting import keeper
from conversations.turns.writer import writer

from .catalogue import SCRIPTS
from .person import Person
from .upstream import FaultUpstream


@pytest.fixture(scope="module")
def transactional_db(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Stand for the fixture that empties the database after each test: only once."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def person(transactional_db: None) -> AsyncIterator[Person]:
    """Somebody who asks an upstream of faults."""
    await writer.do(catalog.load_cards)
    user = await User.objects.acreate(username="asker")
    async with FaultUpstream(SCRIPTS) as upstream:
        person = Person(user, upstream)
        yield person
        await person.aclose()
    await runner.interrupt_all()
    await titles.stop()
    await keeper.flush()
    writer.stop()
    await sync_to_async(connections.close_all)()
