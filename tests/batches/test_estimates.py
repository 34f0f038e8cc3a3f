"""What a draft is expected to read and to cost."""

from decimal import Decimal

import httpx
import pytest

from chatapp.accounts.models import User
from conversations.batches.estimates import ANSWER_TOKENS, cost_of, estimate
from conversations.batches.planning import make_draft, plan_files
from conversations.catalog import card_for
from conversations.claude.pricing import Prices
from conversations.models import Attachment, Batch, Kind
from conversations.models.reading import read
from tests.batches.conftest import MODEL, Make, World

PRICES = Prices(
    input=Decimal(4),
    output=Decimal(20),
    cache_read=Decimal(1),
    cache_write_5m=Decimal(1),
    cache_write_1h=Decimal(1),
)


async def test_a_few_items_are_counted(world: World, draft: Make) -> None:
    rows = "".join(f"word {number},German\n" for number in range(1, 41))
    batch = await draft(f"word,language\n{rows}")

    found = await estimate(batch, await read(card_for, MODEL))

    assert world.count("POST /v1/messages/count_tokens") == 3
    assert found is not None
    assert found["is_counted"]
    assert 40 * 5 < found["input_tokens"] < 40 * 100


async def test_where_nobody_counts_it_is_rough(world: World, draft: Make) -> None:
    def refuse(request: httpx.Request) -> None:
        raise httpx.ConnectError("refused")

    batch = await draft()
    world.before = refuse

    found = await estimate(batch, await read(card_for, MODEL))

    assert found == {"input_tokens": round(batch.size_bytes / 4), "is_counted": False}


async def test_files_that_nobody_counts_are_unknown(world: World, alice: User) -> None:
    gone = await Attachment.objects.acreate(
        owner=alice, kind=Kind.TEXT, name="a", size_bytes=1, sent_size_bytes=1
    )
    card = await read(card_for, MODEL)
    batch = Batch(owner=alice, title="a", template="Sum up", model=MODEL)
    batch = await make_draft(batch, plan_files([gone], "Sum up", card), card)

    assert await estimate(batch, card) is None


def test_costs_are_half() -> None:
    batch = Batch(
        item_count=10, estimate={"input_tokens": 1_000_000, "is_counted": True}
    )

    cost = cost_of(batch, PRICES)

    assert cost.reading == Decimal(2)
    assert cost.writing == Decimal(10) * ANSWER_TOKENS * 10 / 1_000_000


@pytest.mark.parametrize("prices", [PRICES, None])
def test_what_is_unknown_is_said(prices: Prices | None) -> None:
    assert cost_of(Batch(item_count=1, estimate=None), prices).reading is None
