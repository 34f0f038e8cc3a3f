"""A page opened under another address says which setting to change."""

import pytest
from django.test import AsyncClient, Client


@pytest.mark.parametrize(
    "host",
    ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000", "testserver"],
)
def test_a_trusted_address_is_answered(host: str) -> None:
    assert Client(headers={"host": host}).get("/accounts/login/").status_code == 200


@pytest.mark.parametrize(
    ("host", "setting"),
    [
        ("chat.example.com", "PUBLIC_URL=http://chat.example.com"),
        ("localhost:9000", "PUBLIC_URL=http://localhost:9000"),
        ("localhost", "PUBLIC_URL=http://localhost"),
        ("[fd00::1]:8000", "PUBLIC_URL=http://[fd00::1]:8000"),
    ],
)
def test_any_other_address_gets_the_setting_to_change(host: str, setting: str) -> None:
    answer = Client(headers={"host": host}).get("/")

    assert answer.status_code == 400
    page = answer.text
    assert setting in page
    assert "http://localhost:8000/" in page


@pytest.mark.parametrize(
    "host", ["<script>", "a b", "evil.com/path", "user@localhost:8000"]
)
def test_a_host_that_is_none_is_not_repeated(host: str) -> None:
    answer = Client(headers={"host": host}).get("/")

    assert answer.status_code == 400
    assert "PUBLIC_URL" not in answer.text
    assert host not in answer.text


async def test_the_same_holds_for_asynchronous_requests() -> None:
    answer = await AsyncClient().get("/healthz", headers={"host": "chat.example.com"})
    refused = await AsyncClient().get("/", headers={"host": "chat.example.com"})

    assert (answer.status_code, refused.status_code) == (200, 400)


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "colloquy-7f9c"])
def test_probes_are_answered_under_any_address(host: str) -> None:
    answer = Client(headers={"host": host}).get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok")
