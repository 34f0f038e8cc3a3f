"""What a socket's application learns of the session behind it."""

from typing import Any

import pytest
from django.conf import settings

from chatapp.socket_session import with_session


async def _key_of(*headers: tuple[bytes, bytes]) -> str | None:
    seen: dict[str, Any] = {}

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.update(scope)

    scope = {"type": "websocket", "headers": list(headers)}
    await with_session(application)(scope, None, None)
    key: str | None = seen["session"].session_key
    return key


@pytest.mark.parametrize(("value", "key"), [("a" * 32, "a" * 32), ("short", None)])
async def test_the_cookie_names_the_session(value: str, key: str | None) -> None:
    cookie = f"other=1; {settings.SESSION_COOKIE_NAME}={value}"

    assert await _key_of((b"cookie", cookie.encode())) == key


async def test_without_a_cookie_there_is_no_session() -> None:
    assert await _key_of() is None
