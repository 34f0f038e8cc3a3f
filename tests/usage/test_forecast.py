"""What a draft may cost: between a cached short answer and an uncached long one."""

from decimal import Decimal

import pytest

from chatapp.accounts.models import User
from conversations.claude.catalog import facts_for
from conversations.models import ModelCard, Turn
from conversations.usage.forecast import USUAL_ANSWER, forecast, usual_answer
from tests.prompts.conftest import Thread
from tests.usage.test_reports import NOVEMBER, book


@pytest.fixture
def turn(thread: Thread) -> Turn:
    thread.user("Hi")
    return thread.turn()


def card(model_id: str = "claude-opus-5-5") -> ModelCard:
    return ModelCard.objects.get(model_id=model_id)


def test_the_cache_makes_the_cheap_case(thread: Thread) -> None:
    expected = forecast(card(), 100_000, 90_000, (100, 1_000))

    # 90,000 * 0.20 + 10,000 * 5 + 100 * 20; 100,000 * 5 + 1,000 * 20 USD per million.
    assert expected.low_usd == Decimal("0.07")
    assert expected.high_usd == Decimal("0.52")


def test_what_is_too_short_for_the_cache_is_not_written_to_it(thread: Thread) -> None:
    assert forecast(card(), 500, 0, (0, 0)).low_usd == Decimal("0.002")


def test_a_long_prompt_has_its_price_in_both_cases(thread: Thread) -> None:
    expected = forecast(card("claude-haiku-5-5"), 200_000, 200_000, (0, 0))

    assert expected.low_usd == Decimal("0.01")
    assert expected.high_usd == Decimal("0.125")


def test_free_models_have_notes_too(thread: Thread) -> None:
    free = card("claude-haiku-5-5")
    prices = facts_for(free.model_id).prices
    assert prices
    free.prices = prices.as_json() | {"input": "0"}

    [note] = forecast(free, 200_000, 0).notes

    assert note.endswith("each of them costs $0.50 per million.")


def test_the_latest_answers_say_how_long_one_is(turn: Turn, alice: User) -> None:
    for number, length in enumerate([5_000, *range(100, 2_100, 100)]):
        book(turn, number, NOVEMBER, output_tokens=length)

    # Of the 20 latest the longest and the shortest tenth are left out.
    assert usual_answer(alice, "claude-opus-5-5") == (300, 1_800)


def test_few_answers_say_nothing(turn: Turn, alice: User, bob: User) -> None:
    for number in range(4):
        book(turn, number, NOVEMBER, output_tokens=7)

    assert usual_answer(alice, "claude-opus-5-5") == USUAL_ANSWER
    assert usual_answer(bob, "claude-opus-5-5") == USUAL_ANSWER
