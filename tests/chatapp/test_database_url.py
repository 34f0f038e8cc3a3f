"""DATABASE_URL becomes exactly the settings it says, or a refusal."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatapp.database_url import database_settings

DATA_DIR = Path("/srv/colloquy")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/srv/colloquy/db.sqlite3"),
        ("sqlite:///other.sqlite3", "/srv/colloquy/other.sqlite3"),
        ("sqlite:////var/lib/chat%20db.sqlite3", "/var/lib/chat db.sqlite3"),
    ],
)
def test_sqlite_waits_for_its_turn_and_survives_a_power_cut(
    url: str, path: str
) -> None:
    assert database_settings(url, DATA_DIR) == {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(path),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA foreign_keys=ON",
        },
    }


def test_postgresql_gets_a_pool_and_unquoted_parts() -> None:
    url = "postgres://chat:p%40ss@db.example.com:5433/colloquy?sslmode=require"

    assert database_settings(url, DATA_DIR) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "colloquy",
        "USER": "chat",
        "PASSWORD": "p@ss",
        "HOST": "db.example.com",
        "PORT": "5433",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": 20,
                "timeout": 5,
                "reconnect_timeout": 3,
            },
            "connect_timeout": 3,
            "sslmode": "require",
        },
    }


@pytest.mark.parametrize(
    "url",
    [
        "mysql://chat:secret@db/colloquy",
        "postgres://chat:secret@db",
        "postgres://chat:secret@db/",
        "postgres://chat:secret@db:port/colloquy",
        "postgres://chat:secret@db/colloquy?pool=1",
        "sqlite://secret/db.sqlite3",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///db.sqlite3?secret=1",
        "secret",
    ],
)
def test_what_it_does_not_know_is_refused_without_repeating_the_password(
    url: str,
) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        database_settings(url, DATA_DIR)

    message = str(refusal.value)
    assert message.startswith("DATABASE_URL must be sqlite:///name.sqlite3")
    assert "chat:secret" not in message
