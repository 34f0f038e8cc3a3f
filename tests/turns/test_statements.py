"""How many statements a turn costs: each is a wait for everybody behind the writer."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from chatapp.accounts.models import User
from conversations import catalog
from conversations.consumers import rights
from conversations.models import Checkpoint, OpenRound, Turn
from conversations.models.ids import uuid7
from conversations.protocol.commands import SendMessage
from conversations.turns import checkpoints, endings, runner, start
from conversations.turns.checkpoints import Changes
from conversations.turns.lease import OWNER
from tests.prompts.conftest import Thread
from tests.turns.ended import ending_of

AssertNumQueries = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture
def thread(alice: User) -> Thread:
    """A conversation with an answer."""
    catalog.load_cards()
    thread = Thread(alice)
    thread.user("One?")
    thread.claude("One.")
    return thread


def clock() -> int:
    """Return how many statements it takes to ask for the database's time."""
    return 0 if connection.vendor == "sqlite" else 1


def send(thread: Thread) -> SendMessage:
    return SendMessage(
        client_id=uuid.uuid4(), conversation=thread.conversation.id, text="Two?"
    )


def running(thread: Thread) -> Turn:
    thread.user("Two?")
    return thread.turn(owner=OWNER, epoch=1)


def test_rights_are_two_reads(
    alice: User, django_assert_num_queries: AssertNumQueries
) -> None:
    session = SessionStore()
    session[SESSION_KEY] = str(alice.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = alice.get_session_auth_hash()
    session.create()
    assert session.session_key is not None

    with django_assert_num_queries(2):
        user = rights._user_of(session.session_key)

    assert user == alice


def test_acceptance_is_three_writes(
    thread: Thread,
    alice: User,
    django_assert_num_queries: AssertNumQueries,
    settings: Any,
) -> None:
    # Without a key the simulator also looks whether a provider answers in its place.
    settings.ANTHROPIC_API_KEY = "key"
    # Reads: the conversation, its prefix, the card, files of the path, versions of the
    # message.
    with django_assert_num_queries(5 + 3 + clock()):
        acceptance = start._accept(alice, send(thread))

    assert acceptance.versions == [acceptance.message.id]


def test_request_is_built_from_five_reads(
    thread: Thread, django_assert_num_queries: AssertNumQueries
) -> None:
    turn = running(thread)

    # The path, its compactions and repairs, the prefix and the card; of any length.
    with django_assert_num_queries(5):
        prompt = runner._build(turn)

    assert len(prompt.params["messages"]) == 3


@pytest.mark.parametrize(("was_saved", "statements"), [(False, 5), (True, 7)])
def test_end_is_four_writes_and_two_if_it_was_saved(
    thread: Thread,
    django_assert_num_queries: AssertNumQueries,
    was_saved: bool,
    statements: int,
) -> None:
    turn = running(thread)

    # One read: the prices.
    with django_assert_num_queries(statements + clock()):
        closed, _ = endings.close_turn(turn, ending_of(turn, was_saved=was_saved))

    turn.refresh_from_db()
    assert (closed.state, closed.finished_at) == (turn.state, turn.finished_at)
    thread.conversation.refresh_from_db()
    assert thread.conversation.leaf_id == turn.messages.get().id


def test_checkpoint_writes_each_block_and_the_round_once(
    thread: Thread, django_assert_num_queries: AssertNumQueries
) -> None:
    turn = running(thread)
    blocks = [
        Checkpoint(
            turn_id=turn.id, message_id=uuid7(), round=1, index=index, block={"n": 1}
        )
        for index in range(3)
    ]
    round_ = OpenRound(
        turn_id=turn.id, number=1, attempt=1, message_id=uuid7(), model="m", usage={}
    )

    # The fence, three blocks, the round.
    with django_assert_num_queries(5):
        checkpoints.save([Changes(turn.id, 1, blocks, round_)])

    assert turn.checkpoints.count() == 3
