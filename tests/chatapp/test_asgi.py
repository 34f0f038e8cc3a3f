"""The way in, put together."""

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings

from chatapp.asgi import application


@pytest.mark.parametrize("path", ["/ws/", "/ws/other/", "/"])
async def test_a_socket_from_another_site_is_refused_on_every_path(path: str) -> None:
    communicator = WebsocketCommunicator(
        application, path, headers=[(b"origin", b"https://evil.example")]
    )

    assert (await communicator.connect())[0] is False


@pytest.mark.django_db(transaction=True)
async def test_a_socket_on_an_unknown_path_is_refused_without_a_traceback() -> None:
    communicator = WebsocketCommunicator(
        application,
        "/unknown/",
        headers=[(b"origin", settings.TRUSTED_ORIGINS[0].encode())],
    )

    assert (await communicator.connect())[0] is False
