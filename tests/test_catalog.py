"""The model cards: shipped, refreshed, edited, asked."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from conversations import catalog
from conversations.claude import KNOWN_MODELS, ClaudeClient, ClaudeError, Secret
from conversations.claude import Provider as ClaudeProvider
from conversations.models import ModelCard, Provider
from conversations.simulator import Simulator, SimulatorTransport
from conversations.upstream import close_client, open_provider, use_client

type UseUpstream = Callable[[httpx.AsyncBaseTransport], None]


@pytest.fixture
async def use_upstream(async_db: None) -> AsyncIterator[UseUpstream]:
    """Return a function that lets the catalogue ask through a transport."""
    provider = ClaudeProvider(api_key=Secret("simulator"))

    def use(transport: httpx.AsyncBaseTransport) -> None:
        use_client(ClaudeClient(provider, transport=transport, max_retries=0))

    yield use
    await close_client()


def answering(model: dict[str, Any]) -> httpx.MockTransport:
    page = {"data": [model], "has_more": False, "first_id": "a", "last_id": "a"}
    return httpx.MockTransport(lambda request: httpx.Response(200, json=page))


load_cards = sync_to_async(catalog.load_cards)


@pytest.mark.django_db
def test_shipped_cards_are_loaded_once() -> None:
    catalog.load_cards()
    ModelCard.objects.filter(model_id="claude-opus-5-5").update(display_name="Mine")

    catalog.load_cards()

    assert ModelCard.objects.get(model_id="claude-opus-5-5").display_name == "Mine"
    assert ModelCard.objects.count() == len(KNOWN_MODELS)


@pytest.mark.django_db
def test_default_of_the_defaults_is_offered_with_its_controls() -> None:
    catalog.load_cards()

    opus = next(item for item in catalog.choices() if item.id == "claude-opus-5-5")

    assert opus.efforts == ("low", "medium", "high", "xhigh", "max")
    assert opus.default_effort == "medium"
    assert opus.thinking == ("adaptive", "omitted")
    assert opus.context_tokens == 1_000_000


@pytest.mark.django_db
def test_default_model_is_offered_even_without_a_card(settings: Any) -> None:
    settings.DEFAULT_MODEL = "llama-of-the-house"

    (choice,) = catalog.choices()

    assert (choice.id, choice.efforts, choice.thinking, choice.prices) == (
        "llama-of-the-house",
        (),
        (),
        None,
    )


@pytest.mark.django_db
def test_hidden_and_retired_models_cannot_be_chosen() -> None:
    catalog.load_cards()
    ModelCard.objects.filter(model_id="claude-haiku-5-5").update(
        hidden_at=timezone.now()
    )
    ModelCard.objects.filter(model_id="claude-opus-5").update(lifecycle="retired")

    offered = {choice.id for choice in catalog.choices()}

    assert not offered & {"claude-haiku-5-5", "claude-opus-5"}
    assert catalog.offered_card("claude-haiku-5-5") is None
    assert catalog.offered_card("claude-opus-5-5") is not None


async def test_refresh_takes_every_model_of_the_api(use_upstream: UseUpstream) -> None:
    use_upstream(SimulatorTransport(Simulator(pace=0)))

    count = await catalog.refresh_cards()

    assert count == await ModelCard.objects.acount()
    card = await ModelCard.objects.aget(model_id="claude-haiku-5-5")
    # The API tells no prices; a new card begins with the shipped ones.
    assert card.prices["input"] == "0.10"
    assert card.refreshed_at is not None


async def test_refresh_keeps_the_admins_columns(use_upstream: UseUpstream) -> None:
    await load_cards()
    await ModelCard.objects.filter(model_id="claude-opus-5-5").aupdate(
        prices={"input": "9"}, default_effort="low", display_name="Old name"
    )
    use_upstream(SimulatorTransport(Simulator(pace=0)))

    await catalog.refresh_cards()

    card = await ModelCard.objects.aget(model_id="claude-opus-5-5")
    assert (card.prices, card.default_effort) == ({"input": "9"}, "low")
    assert card.display_name == "Claude Opus 5.5"


async def test_unknown_model_of_the_api_gets_the_safe_minimum(
    use_upstream: UseUpstream,
) -> None:
    use_upstream(answering({"type": "model", "id": "claude-next-1"}))

    await catalog.refresh_cards()

    card = await ModelCard.objects.aget(model_id="claude-next-1")
    choice = catalog.choice_of(card)
    assert (choice.efforts, choice.thinking, choice.prices) == ((), (), None)


async def test_absent_fact_does_not_erase_a_known_one(
    use_upstream: UseUpstream,
) -> None:
    await load_cards()
    use_upstream(answering({"type": "model", "id": "claude-opus-5-5"}))

    await catalog.refresh_cards()

    card = await ModelCard.objects.aget(model_id="claude-opus-5-5")
    assert card.max_input_tokens == 1_000_000
    assert catalog.choice_of(card).efforts != ()


async def test_failed_refresh_keeps_the_last_good_copy(
    use_upstream: UseUpstream,
) -> None:
    await load_cards()
    before = await ModelCard.objects.acount()
    use_upstream(httpx.MockTransport(lambda request: httpx.Response(500)))

    with pytest.raises(ClaudeError):
        await catalog.refresh_cards()
    await catalog.refresh_quietly()

    assert await ModelCard.objects.acount() == before


async def test_a_local_server_may_list_its_models_in_the_other_shape(
    async_db: None,
) -> None:
    """Ollama and llama.cpp answer /v1/models as OpenAI does."""
    provider = Provider(
        name="Own", slug="own", kind="compatible", base_url="http://localhost:11434"
    )
    await provider.asave()
    listed = {
        "object": "list",
        "data": [{"id": "qwen3-coder:30b", "object": "model", "owned_by": "library"}],
    }
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=listed))
    use_client(ClaudeClient(open_provider(provider), transport=transport), provider)

    assert await catalog.refresh_cards(provider) == 1

    card = await ModelCard.objects.aget(provider=provider)
    assert (card.model_id, str(card)) == ("own/qwen3-coder:30b", "qwen3-coder:30b")
    assert (card.prices, card.wire_model) == (None, "qwen3-coder:30b")
    choice = catalog.choice_of(await sync_to_async(catalog.card_for)(card.model_id))
    assert (choice.efforts, choice.thinking) == ((), ())
    await close_client()
