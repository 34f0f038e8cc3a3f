"""What has no known price is unknown in every book and on every page, and never zero."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude.catalog import PRICES_AS_OF
from conversations.models import ModelCard, Purpose, Turn, UsageRecord
from conversations.turns.export import stored_conversation
from conversations.usage.forecast import forecast
from conversations.usage.recording import Round, record_usage
from conversations.usage.reports import months_by_model, months_by_person, sum_of
from conversations.usage.sheets import months_as_csv
from conversations.usage.totals import total
from conversations.usage.words import unpriced_names
from tests.batches.rows import ended_batch
from tests.views.conftest import Html
from tests.views.stories import Story

pytestmark = pytest.mark.django_db(transaction=True)

BERLIN = ZoneInfo("Europe/Berlin")
OPUS, UNLISTED, NO_FAST_MODE = "claude-opus-5-5", "llama", "claude-fable-5-2"
USED = {
    "input_tokens": 1_000,
    "output_tokens": 100,
    "cache_creation_input_tokens": 2_000,
    "cache_read_input_tokens": 5_000,
}
FALLEN_BACK = {
    "iterations": [
        {"type": "message", "model": OPUS, **USED},
        {"type": "fallback_message", "model": UNLISTED, **USED},
    ]
}
# What is used, by which model, why its price is not known, the version of its prices.
CAUSES: list[tuple[dict[str, Any], str, str, str | None]] = [
    ({}, UNLISTED, "model", None),
    ({"speed": "fast"}, NO_FAST_MODE, "fast_mode", PRICES_AS_OF),
    ({"inference_geo": "mars"}, OPUS, "region", PRICES_AS_OF),
    ({"service_tier": "priority"}, OPUS, "priority", PRICES_AS_OF),
    (FALLEN_BACK, OPUS, "model", PRICES_AS_OF),
]
ADMIN = "/admin/conversations"


@pytest.fixture(autouse=True)
def cards() -> None:
    catalog.load_cards()


@pytest.fixture
def story(alice: User) -> Story:
    """A conversation of one answer, of which nothing is booked yet."""
    story = Story(alice)
    story.answer(story.ask())
    return story


def use(story: Story, model: str, usage: dict[str, Any], **fields: Any) -> UsageRecord:
    turn = Turn.objects.get(conversation=story.conversation)
    used = Round(turn.id, 1, 1, model, "msg_1", "req_1", {**USED, **usage})
    return record_usage(replace(used, **fields))


@pytest.mark.parametrize(("usage", "model", "reason", "version"), CAUSES)
@pytest.mark.parametrize("purpose", [Purpose.ANSWER, Purpose.BATCH])
def test_it_is_booked_with_the_reason_and_the_version_of_the_prices(
    story: Story,
    purpose: Purpose,
    usage: dict[str, Any],
    model: str,
    reason: str,
    version: str | None,
) -> None:
    is_batch = purpose == Purpose.BATCH
    use(story, model, usage, purpose=purpose, is_batch=is_batch)

    record = UsageRecord.objects.get()
    assert (record.cost_usd, record.cache_savings_usd) == (None, None)
    assert record.unpriced == [reason]
    assert unpriced_names(record.unpriced) != record.unpriced
    assert (record.prices or {}).get("as_of") == version


@pytest.mark.parametrize(("usage", "model", "reason", "_version"), CAUSES)
def test_no_sum_takes_it_for_nothing(
    story: Story, usage: dict[str, Any], model: str, reason: str, _version: str | None
) -> None:
    record = use(story, model, usage)
    records = UsageRecord.objects.all()

    summed = total([record])
    months = months_by_model(records, BERLIN) + months_by_person(records, BERLIN)
    [_, line] = months_as_csv(months[:1], "model").splitlines()

    assert (summed["cost_usd"], summed["cache_savings_usd"]) == (None, None)
    assert [month.total.is_known for month in months] == [False, False]
    assert sum_of(records).is_known is False
    assert line.endswith(",,")


def test_neither_forecast_nor_export_names_a_sum(story: Story) -> None:
    record = use(story, UNLISTED, {})
    card = ModelCard(model_id=UNLISTED)

    expected = forecast(card, 1_000, 500)
    [usage] = stored_conversation(story.conversation)["usage"]

    assert (expected.low_usd, expected.high_usd) == (None, None)
    assert (usage["cost_usd"], usage["cache_savings_usd"]) == (None, None)
    assert usage["unpriced"] == record.unpriced


@pytest.mark.parametrize(
    "path",
    [
        "{chat}",
        "/usage/",
        f"{ADMIN}/usagerecord/",
        f"{ADMIN}/usagerecord/months/",
        f"{ADMIN}/usagerecord/months/?by=model",
        f"{ADMIN}/usagerecord/{{record}}/change/",
        f"{ADMIN}/conversation/",
        f"{ADMIN}/conversation/{{conversation}}/change/",
        f"{ADMIN}/turn/",
        "/batches/",
        "/batches/{batch}/",
        "/batches/{batch}/items/{item}/",
        f"{ADMIN}/batch/",
        f"{ADMIN}/batchitem/",
    ],
)
def test_every_page_says_so_and_names_no_sum(
    client: Client, root: User, path: str
) -> None:
    story = Story(root)
    story.answer(story.ask())
    record = use(story, UNLISTED, {})
    batch = ended_batch(root, "Hund")
    item = batch.items.order_by("position").first()
    assert item is not None
    batch.items.update(cost_usd=None)
    client.force_login(root)

    page: Any = client.get(
        path.format(
            chat=story.url,
            conversation=story.conversation.id,
            record=record.id,
            batch=batch.id,
            item=item.id,
        )
    )

    shown = " ".join(element.text for element in Html(page).all("body"))
    assert page.status_code == 200
    assert "unknown" in shown
    assert "$0" not in shown
