"""DATABASE_URL to Django's DATABASES entry, refusing what it does not know."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

EXPECTED = (
    "sqlite:///name.sqlite3 (a file in DATA_DIR), sqlite:////absolute/path.sqlite3 "
    "or postgres://user:password@host:5432/name"
)

SQLITE_OPTIONS = {
    # Deferred transactions fail at once with "database is locked" when two of them
    # want to write; an immediate one waits for its turn.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL: an acknowledged message survives a power cut too; NORMAL may lose the last commits.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"
    ),
}

POSTGRES_OPTIONS = frozenset(
    {
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "connect_timeout",
        "application_name",
    }
)
# A request that waits longer for a connection is refused, not kept. The pool gives up
# an attempt soon: its pauses double, and a database that comes back must not wait for
# one of half a minute.
POSTGRES_POOL = {"min_size": 1, "max_size": 20, "timeout": 5, "reconnect_timeout": 3}
POSTGRES_CONNECT_SECONDS = 3


def database_settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Return the settings of the database that `url` names; "" is SQLite in `data_dir`."""
    if not url:
        return _sqlite(data_dir / "db.sqlite3")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refusal(str(error)) from error
    if parts.scheme == "sqlite":
        return _sqlite(_sqlite_path(parts.netloc, parts.path, parts.query, data_dir))
    if parts.scheme not in ("postgres", "postgresql"):
        raise _refusal(f"the scheme {parts.scheme!r} is not known")
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise _refusal("the name of the database is missing")
    if find_spec("psycopg") is None:
        raise ImproperlyConfigured(
            "DATABASE_URL names a PostgreSQL database, but its driver is not installed. "
            "Install it with: uv sync --frozen --inexact --extra postgres"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        # The pool keeps connections; Django's own persistence must then be off.
        "CONN_MAX_AGE": 0,
        # A pooled connection may have died with its server: look before using it.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": dict(POSTGRES_POOL),
            "connect_timeout": POSTGRES_CONNECT_SECONDS,
        }
        | _postgres_options(parts.query),
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # Under ASGI each request has a thread of its own: kept connections would only litter.
        "CONN_MAX_AGE": 0,
        "OPTIONS": dict(SQLITE_OPTIONS),
    }


def _sqlite_path(host: str, path: str, query: str, data_dir: Path) -> Path:
    if host:
        raise _refusal(f"three slashes must follow 'sqlite:', but a host {host!r} does")
    if query:
        raise _refusal("SQLite takes no options")
    name = unquote(path.removeprefix("/"))
    if not name or name.endswith("/") or name == ":memory:":
        raise _refusal("it names no file")
    return data_dir / name


def _postgres_options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(options.keys() - POSTGRES_OPTIONS):
        raise _refusal(
            f"the option {unknown[0]!r} is not one of {', '.join(sorted(POSTGRES_OPTIONS))}"
        )
    return options


def _refusal(reason: str) -> ImproperlyConfigured:
    # The URL itself may hold a password, so it is not repeated.
    return ImproperlyConfigured(
        f"DATABASE_URL must be {EXPECTED}, but {reason}. "
        "Correct it, or unset it for SQLite in DATA_DIR."
    )
