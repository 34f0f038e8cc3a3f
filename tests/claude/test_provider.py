"""Providers and secrets: what is refused, and what never shows."""

import dataclasses

import pytest

from conversations.claude import Provider, Secret, mask_keys


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.anthropic.com",
        "ftp://api.anthropic.com",
        "https://",
        "https://host:99999",
        "https://host:port",
        "https://user:pass@host",
        "https://host/?a=1",
        "https://host/#here",
    ],
)
def test_an_address_that_cannot_be_right_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Provider(base_url=base_url)


@pytest.mark.parametrize("key", ["sk ant", "sk-ant\n", "sk-\u2026", "sk-ant-\x00"])
def test_a_key_that_cannot_be_sent_is_refused_without_quoting_it(key: str) -> None:
    with pytest.raises(ValueError, match="API key holds") as caught:
        Provider(api_key=Secret(key))

    assert key not in str(caught.value)


def test_a_secret_shows_nothing_but_what_is_revealed() -> None:
    secret = Secret("open sesame")
    provider = Provider(api_key=Secret("open-sesame"))

    shown = f"{secret} {secret!r} {secret:} {provider} {dataclasses.asdict(provider)}"

    assert "sesame" not in shown
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == "open sesame"


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert (bool(Secret("a")), bool(Secret(""))) == (True, False)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("x sk-ant-api03-a_b-C9, y", "x [key], y"),
        ("quoted gateway-key-1", "quoted [key]"),
        ("nothing here", "nothing here"),
    ],
)
def test_keys_are_masked_in_text(text: str, masked: str) -> None:
    assert mask_keys(text, Secret("gateway-key-1")) == masked


def test_a_short_key_is_left_alone_because_it_is_a_word() -> None:
    assert mask_keys("the simulator failed", Secret("simulator")) == (
        "the simulator failed"
    )
