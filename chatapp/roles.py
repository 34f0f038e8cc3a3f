"""What a process does of the whole, and what it takes to have several of them."""

from importlib.util import find_spec
from typing import Literal, get_args

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

type Role = Literal["all", "web", "worker"]

ROLES: tuple[Role, ...] = get_args(Role.__value__)


def require_possible(role: Role) -> None:
    """Refuse what SQLite, or a process that hears nothing of the others, cannot do."""
    if settings.REDIS_URL is not None:
        _require_postgresql()
        _require_redis_package()
    elif role != "all":
        raise ImproperlyConfigured(
            f"--role {role} needs REDIS_URL, by which the processes hear of each other,"
            " but it is not set. Set REDIS_URL and DATABASE_URL, or leave out --role."
        )


def _require_postgresql() -> None:
    if connection.vendor != "postgresql":
        raise ImproperlyConfigured(
            "REDIS_URL is for several processes, and these need PostgreSQL: with SQLite"
            " Colloquy is one process. Set DATABASE_URL, or unset REDIS_URL."
        )


def _require_redis_package() -> None:
    if find_spec("redis") is None:
        raise ImproperlyConfigured(
            "REDIS_URL is set, but the package that talks to Redis is not installed. "
            "Install it with: uv sync --frozen --inexact --extra redis"
        )
