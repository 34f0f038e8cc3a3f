"""One client per loop and provider, made anew when its row has changed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from conversations import catalog
from conversations.claude import ClaudeClient, NotReady
from conversations.models import ModelCard, Provider
from conversations.upstream import (
    BadSecret,
    clients,
    close_client,
    get_client,
    open_provider,
    read_secret,
)


def make_provider(**changes: Any) -> Provider:
    values = {
        "name": "Work",
        "slug": "work",
        "kind": "bedrock",
        "region": "eu-central-1",
    }
    return Provider(**values | changes)


def is_closed(client: ClaudeClient) -> bool:
    return client._http.is_closed


@pytest.fixture
async def provider(async_db: None) -> AsyncIterator[Provider]:
    provider = make_provider()
    await provider.asave()
    yield provider
    await close_client()


async def test_a_provider_has_a_client_of_its_own(provider: Provider) -> None:
    mine = get_client(provider)

    assert mine is get_client(await Provider.objects.aget())
    assert mine is not get_client()
    assert mine.provider.base_url == (
        "https://bedrock-mantle.eu-central-1.api.aws/anthropic"
    )


async def test_a_changed_row_gets_a_new_client_and_the_old_one_may_end(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = get_client(provider)
    provider.region = "us-east-1"
    await provider.asave()

    new = get_client(provider)

    assert new.provider.base_url.startswith("https://bedrock-mantle.us-east-1")
    assert not is_closed(old)
    monkeypatch.setattr(clients, "LONGEST_TURN_SECONDS", -1.0)
    await provider.asave()
    get_client(provider)
    await asyncio.sleep(0)
    assert is_closed(old)
    assert get_client(provider) is not old


async def test_closing_closes_every_client(provider: Provider) -> None:
    mine, default = get_client(provider), get_client()

    await close_client()

    assert is_closed(mine)
    assert is_closed(default)


def test_a_row_that_lacks_something_is_not_ready() -> None:
    with pytest.raises(NotReady, match="Work is not set up completely: The region"):
        open_provider(make_provider(region=""))
    with pytest.raises(NotReady, match="PROVIDER_NONE is not set"):
        open_provider(make_provider(secret_place="env", secret_name="PROVIDER_NONE"))


def test_a_secret_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_TEAM", " key-1\n")
    secret = read_secret("env", "PROVIDER_TEAM")

    assert secret is not None
    assert secret.reveal() == "key-1"


def test_a_secret_comes_from_its_file(settings: Any, tmp_path: Path) -> None:
    settings.PROVIDER_SECRETS_DIR = tmp_path
    (tmp_path / "vertex.json").write_text('{"type": "service_account"}\n')
    secret = read_secret("file", "vertex.json")

    assert secret is not None
    assert secret.reveal() == '{"type": "service_account"}'


@pytest.mark.parametrize(
    ("place", "name", "complaint"),
    [
        ("env", "SECRET_KEY", "begins with PROVIDER_"),
        ("env", "PROVIDER_UNSET", "is not set"),
        ("file", "../settings.py", "without a path"),
        ("file", "..", "without a path"),
        ("file", "missing", "FileNotFoundError"),
        ("file", "empty", "is empty"),
        ("file", "folder", "IsADirectoryError"),
        ("file", "long", "too long"),
        ("file", "binary", "UnicodeDecodeError"),
    ],
)
def test_a_secret_that_is_none_is_told(
    place: str, name: str, complaint: str, settings: Any, tmp_path: Path
) -> None:
    settings.PROVIDER_SECRETS_DIR = tmp_path
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "long").write_text("x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadSecret, match=complaint):
        read_secret(place, name)


@sync_to_async
def save_card(provider: Provider, wire_id: str, **columns: Any) -> ModelCard:
    card = catalog.card_at(provider, wire_id)
    for name, value in columns.items():
        setattr(card, name, value)
    card.save()
    return card


async def test_a_manual_card_knows_what_is_known_of_its_model(
    provider: Provider,
) -> None:
    await sync_to_async(catalog.load_cards)()

    card = await save_card(provider, "eu.anthropic.claude-opus-4-8-v1:0")

    assert card.model_id == "work/eu.anthropic.claude-opus-4-8-v1:0"
    assert (card.display_name, card.line) == ("Claude Opus 4.8", "opus")
    assert card.prices is not None
    assert card.capabilities["batch"] == {"supported": False}
    assert card.capabilities["structured_outputs"] == {"supported": False}


async def test_the_simulator_stands_back_where_a_provider_answers(
    provider: Provider,
) -> None:
    await sync_to_async(catalog.load_cards)()
    await save_card(provider, "anthropic.claude-opus-5-5")

    choices = await sync_to_async(catalog.choices)()

    assert [choice.id for choice in choices] == ["work/anthropic.claude-opus-5-5"]
    assert choices[0].provider == "Work"
    assert await sync_to_async(catalog.default_model)() == choices[0].id


async def test_with_a_key_both_are_offered_by_provider(
    provider: Provider, settings: Any
) -> None:
    settings.ANTHROPIC_API_KEY = "key"
    await sync_to_async(catalog.load_cards)()
    await save_card(provider, "anthropic.claude-opus-5-5", position=0)

    choices = await sync_to_async(catalog.choices)()

    assert [choice.provider for choice in choices][-2:] == ["", "Work"]
    assert await sync_to_async(catalog.default_model)() == settings.DEFAULT_MODEL


async def test_a_switched_off_provider_offers_nothing(provider: Provider) -> None:
    await sync_to_async(catalog.load_cards)()
    card = await save_card(provider, "anthropic.claude-opus-5-5")
    await Provider.objects.aupdate(is_enabled=False)

    choices = await sync_to_async(catalog.choices)()

    assert card.model_id not in {choice.id for choice in choices}
    assert await sync_to_async(catalog.offered_card)(card.model_id) is None
