"""What a start does before it listens; each step is quick when nothing changed."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from chatapp.accounts import setup_link
from chatapp.accounts.models import User
from chatapp.accounts.views import has_administrator

LOCK_FILE = settings.BASE_DIR / "uv.lock"
PAUSE_SECONDS = 1.0
PREPARING = 0x436F6C6C  # PostgreSQL's advisory lock: a number that only Colloquy uses


def wait_for_database(say: Callable[[str], None]) -> None:
    """Return when the database answers; say once that it does not yet.

    Raises OperationalError after DATABASE_WAIT_SECONDS. A start that gives up at once
    is begun again and again by whoever supervises it.
    """
    deadline = time.monotonic() + settings.DATABASE_WAIT_SECONDS
    has_said = False
    while True:
        try:
            _connect_once()
        except OperationalError as error:
            if time.monotonic() >= deadline:
                raise
            if not has_said:
                say(f"Waiting for the database: {error}")
                has_said = True
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _connect_once() -> None:
    """Connect outside the pool: its threads would try on and hold up the end."""
    probe = connection.copy()
    probe.settings_dict["OPTIONS"].pop("pool", None)
    try:
        probe.ensure_connection()
    finally:
        probe.close()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process prepare at a time: on this folder, and on this database."""
    with (settings.DATA_DIR / "prepare.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARING])


def migrate_if_needed() -> None:
    """Bring the tables up to date.

    The plan is read in this process; the command itself costs its checks every time.
    """
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def collect_static_if_changed() -> None:
    """Collect and compress static files when one of them or a package changed."""
    if settings.DEBUG:
        return
    if settings.STATIC_FILES_ARE_BUILT_IN:
        _require_collected(settings.STATIC_ROOT)
        return
    stamp_file = settings.DATA_DIR / "static.stamp"
    stamp = static_stamp()
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp_file.write_text(stamp)


def static_stamp() -> str:
    """Return a digest of the names, sizes and times of all static files, and of uv.lock."""
    digest = hashlib.sha256(LOCK_FILE.read_bytes() if LOCK_FILE.exists() else b"")
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _require_collected(root: Path) -> None:
    if not (root / "staticfiles.json").exists():
        raise ImproperlyConfigured(
            f"STATIC_ROOT must name a folder with collected files, but {root} has no "
            "staticfiles.json. Run 'manage.py collectstatic' into it, or unset STATIC_ROOT."
        )


def first_administrator() -> str | None:
    """Make the administrator that the environment names, or return a set-up link's path.

    None when there is nothing to do: an administrator exists.
    """
    if has_administrator():
        setup_link.use_up(settings.DATA_DIR)
        return None
    if settings.ADMIN_USERNAME or settings.ADMIN_PASSWORD:
        _make_administrator(settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD)
        return None
    return f"/setup/{setup_link.make_token(settings.DATA_DIR)}/"


def _make_administrator(username: str | None, password: str | None) -> None:
    if not username or not password:
        raise ImproperlyConfigured(
            "ADMIN_USERNAME and ADMIN_PASSWORD belong together, but only one is set. "
            "Set both, or neither for a set-up link on the terminal."
        )
    user = User(username=username)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise ImproperlyConfigured(
            "ADMIN_USERNAME and ADMIN_PASSWORD must make an acceptable account, but: "
            f"{' '.join(error.messages)} Correct them, or unset both for a set-up link."
        ) from error
    User.objects.create_superuser(username, password=password)
