"""A socket opens only from a page of this installation."""

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from chatapp.origins import PublicScheme, TrustedOrigins

TRUSTED = ["https://chat.example.com", "http://localhost:8000"]


async def accepting(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})


async def opens(*origins: bytes) -> bool:
    headers = [(b"origin", origin) for origin in origins]
    communicator = WebsocketCommunicator(
        TrustedOrigins(accepting, TRUSTED), "/ws/", headers=headers
    )
    is_connected, _ = await communicator.connect()
    await communicator.disconnect()
    return is_connected


@pytest.mark.parametrize(
    "origin", [b"https://chat.example.com", b"http://localhost:8000"]
)
async def test_a_socket_opens_from_a_trusted_origin(origin: bytes) -> None:
    assert await opens(origin) is True


@pytest.mark.parametrize(
    "origins",
    [
        pytest.param([], id="missing"),
        pytest.param([b""], id="empty"),
        pytest.param([b"null"], id="null"),
        pytest.param([b"http://chat.example.com"], id="other scheme"),
        pytest.param([b"https://chat.example.com:8443"], id="other port"),
        pytest.param([b"http://localhost"], id="no port"),
        pytest.param([b"https://evil.chat.example.com"], id="subdomain"),
        pytest.param([b"https://example.com"], id="parent domain"),
        pytest.param([b"https://chat.example.com.evil.com"], id="suffix"),
        pytest.param([b"https://evilchat.example.com"], id="prefix"),
        pytest.param([b"https://chat.example.com@evil.com"], id="user name"),
        pytest.param([b"https://chat.example.com/"], id="trailing slash"),
        pytest.param(
            [b"https://chat.example.com", b"https://evil.com"], id="two headers"
        ),
        pytest.param([b"https://chat.example.com, https://evil.com"], id="two values"),
        pytest.param([b"\xff\xfe"], id="not ASCII"),
    ],
)
async def test_a_socket_from_anywhere_else_is_refused(origins: list[bytes]) -> None:
    assert await opens(*origins) is False


@pytest.mark.parametrize(
    ("is_https", "forwarded", "scheme"),
    [
        (False, None, "http"),
        (False, b"https", "http"),
        (True, None, "https"),
        (True, b"https", "https"),
        (True, b"http", "http"),
    ],
)
async def test_the_scheme_is_that_of_public_url_unless_a_proxy_was_called_by_http(
    is_https: bool, forwarded: bytes | None, scheme: str
) -> None:
    seen = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.append(scope["scheme"])

    headers = [(b"x-forwarded-proto", forwarded)] if forwarded else []
    scope = {"type": "http", "scheme": "http", "headers": headers}
    await PublicScheme(application, is_https)(scope, None, None)

    assert seen == [scheme]
