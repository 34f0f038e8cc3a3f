"""What every test may ask for: the permanent people, a browser, a database."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from chatapp.accounts.models import User

pytest_plugins = ["tests.postgres", "tests.redis", "tests.chaos.short"]

END_TO_END = Path(__file__).parent / "e2e"
PASSWORD = "correct horse battery staple"

type MakeUser = Callable[..., User]


@pytest.fixture
def make_user(db: None) -> MakeUser:
    """Return a function that makes one more person, whose password is PASSWORD."""

    def make(username: str, **fields: Any) -> User:
        return User.objects.create_user(username, password=PASSWORD, **fields)

    return make


@pytest.fixture
def alice(make_user: MakeUser) -> User:
    """The owner."""
    return make_user("alice")


@pytest.fixture
def bob(make_user: MakeUser) -> User:
    """The one things are shared with."""
    return make_user("bob")


@pytest.fixture
def charlie(make_user: MakeUser) -> User:
    """The stranger, who must never see alice's rows."""
    return make_user("charlie")


@pytest.fixture
def sam(make_user: MakeUser) -> User:
    """Staff without any permission."""
    return make_user("sam", is_staff=True)


@pytest.fixture
def root(make_user: MakeUser) -> User:
    """The administrator."""
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
async def async_db(transactional_db: None) -> AsyncIterator[None]:
    """A database for tests that await: their queries run in a thread of asgiref's.

    That thread would keep its connection, and PostgreSQL does not drop a database that
    somebody is connected to.
    """
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    """Run the system's Chromium; Playwright's own download is not needed."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        message = "chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # Chromium's sandbox does not work for root; /dev/shm is small in containers.
    return browser_type_launch_args | {
        "executable_path": path,
        "args": ["--no-sandbox", "--disable-dev-shm-usage"],
    }


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches the database or a browser, so that nobody has to remember to."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "browser" in fixtures or END_TO_END in item.path.parents:
            item.add_marker("browser")
        elif fixtures & {"db", "transactional_db"} or item.get_closest_marker(
            "django_db"
        ):
            item.add_marker("database")
