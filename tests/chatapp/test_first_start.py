"""What a start prepares, and that it does not prepare it twice."""

import fcntl
import gzip
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from pytest_django.fixtures import Settings

from chatapp import first_start
from chatapp.accounts import setup_link
from chatapp.accounts.models import User

CSS = "a { color: red }\n" * 20


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_without_an_administrator_a_set_up_link_is_made(
    db: None, data_dir: Path
) -> None:
    path = first_start.first_administrator()

    assert path is not None
    token = path.removeprefix("/setup/").removesuffix("/")
    assert setup_link.is_valid(token, data_dir)


def test_with_an_administrator_no_link_is_left(root: User, data_dir: Path) -> None:
    token = setup_link.make_token(data_dir)

    assert first_start.first_administrator() is None
    assert not setup_link.is_valid(token, data_dir)


def test_the_environment_may_name_the_administrator(
    db: None, settings: Settings
) -> None:
    settings.ADMIN_USERNAME = "root"
    settings.ADMIN_PASSWORD = "correct horse battery"

    assert first_start.first_administrator() is None

    root = User.objects.get()
    assert (root.username, root.is_staff, root.is_superuser) == ("root", True, True)
    assert root.check_password("correct horse battery")


def test_a_later_start_does_not_set_the_password_back(
    root: User, settings: Settings
) -> None:
    settings.ADMIN_USERNAME = "root"
    settings.ADMIN_PASSWORD = "from the environment"

    first_start.first_administrator()

    root.refresh_from_db()
    assert not root.check_password("from the environment")


@pytest.mark.parametrize(
    ("username", "password", "refusal"),
    [
        ("root", None, "belong together"),
        (None, "correct horse battery", "belong together"),
        ("root", "1234", "This password is too short"),
        ("ro ot", "correct horse battery", "Enter a valid username"),
    ],
)
def test_an_account_that_cannot_be_is_refused_without_the_password(
    username: str | None,
    password: str | None,
    refusal: str,
    db: None,
    settings: Settings,
) -> None:
    settings.ADMIN_USERNAME = username
    settings.ADMIN_PASSWORD = password

    with pytest.raises(ImproperlyConfigured) as refused:
        first_start.first_administrator()

    assert refusal in str(refused.value)
    assert "1234" not in str(refused.value)


def test_static_files_are_collected_when_one_changed_and_only_then(
    tmp_path: Path, settings: Settings
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "chatapp.static_storage.CompressedStorage"}
    }
    collected = settings.STATIC_ROOT / "page.css"

    first_start.collect_static_if_changed()
    collected.write_text("untouched")
    first_start.collect_static_if_changed()
    unchanged = collected.read_text()
    (source / "page.css").write_text(CSS)
    first_start.collect_static_if_changed()

    assert unchanged == "untouched"
    assert collected.read_text() == CSS
    hashed = Path(
        staticfiles_storage.path(Path(staticfiles_storage.url("page.css")).name)
    )
    assert gzip.decompress(Path(f"{hashed}.gz").read_bytes()) == CSS.encode()
    assert not Path(f"{collected}.gz").exists()


def test_collected_files_that_came_along_are_required(
    tmp_path: Path, settings: Settings
) -> None:
    settings.STATIC_FILES_ARE_BUILT_IN = True
    settings.STATIC_ROOT = tmp_path

    with pytest.raises(ImproperlyConfigured, match=r"has no staticfiles\.json"):
        first_start.collect_static_if_changed()


def test_a_database_that_answers_is_not_waited_for(db: None) -> None:
    said: list[str] = []

    first_start.wait_for_database(said.append)

    assert said == []


def test_a_database_that_never_answers_is_given_up_and_was_told_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_WAIT_SECONDS = 0

    def fail() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(first_start, "_connect_once", fail)

    with pytest.raises(OperationalError, match="connection refused"):
        first_start.wait_for_database(lambda text: None)


def test_two_processes_do_not_prepare_at_the_same_time(
    db: None, data_dir: Path
) -> None:
    with (
        first_start.one_at_a_time(),
        (data_dir / "prepare.lock").open() as file,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    with (data_dir / "prepare.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
