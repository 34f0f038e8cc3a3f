"""What a process may do of the whole, and what it says when it may not."""

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django.fixtures import Settings

from chatapp.asgi import probes
from chatapp.roles import Role, require_possible


@pytest.mark.parametrize("role", ["web", "worker"])
def test_roles_need_redis(role: Role, settings: Settings) -> None:
    settings.REDIS_URL = None

    with pytest.raises(ImproperlyConfigured) as refusal:
        require_possible(role)

    assert str(refusal.value) == (
        f"--role {role} needs REDIS_URL, by which the processes hear of each other, but"
        " it is not set. Set REDIS_URL and DATABASE_URL, or leave out --role."
    )


def test_one_process_needs_nothing(settings: Settings) -> None:
    settings.REDIS_URL = None

    require_possible("all")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")
def test_sqlite_says_that_it_is_one_process(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:6379"

    with pytest.raises(
        ImproperlyConfigured, match="with SQLite Colloquy is one process"
    ):
        require_possible("all")


async def test_worker_serves_no_pages() -> None:
    transport = httpx.ASGITransport(probes)  # type: ignore[arg-type]  # Channels' own types
    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as web:
        alive = await web.get("/healthz")
        page = await web.get("/")

    assert (alive.status_code, alive.text) == (200, "ok")
    assert (page.status_code, page.headers["content-type"]) == (
        404,
        "text/plain; charset=utf-8",
    )
