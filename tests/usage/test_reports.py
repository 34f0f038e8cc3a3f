"""Months and models: what one person used, in that person's time zone."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatapp.accounts.models import User
from conversations.models import Turn, UsageRecord
from conversations.usage.reports import (
    dearest_conversations,
    months_by_model,
    months_by_person,
)
from conversations.usage.sheets import months_as_csv
from tests.prompts.conftest import Thread

NOVEMBER = datetime(2026, 11, 3, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def turn(thread: Thread) -> Turn:
    thread.user("Hi")
    return thread.turn()


def book(turn: Turn, number: int, at: datetime, **fields: object) -> UsageRecord:
    defaults: dict[str, object] = {
        "payer": turn.author,
        "model": "claude-opus-5-5",
        "usage": {},
        "input_tokens": 100,
        "output_tokens": 10,
        "cost_usd": Decimal("0.1"),
        "cache_savings_usd": Decimal(0),
    }
    record = UsageRecord.objects.create(turn=turn, round=number, **(defaults | fields))
    UsageRecord.objects.filter(pk=record.pk).update(created_at=at)
    return record


def test_a_month_begins_at_the_readers_midnight(turn: Turn) -> None:
    book(turn, 1, datetime(2026, 10, 31, 22, 59, tzinfo=UTC))
    book(turn, 2, datetime(2026, 10, 31, 23, 0, tzinfo=UTC))

    found = months_by_model(UsageRecord.objects.all(), BERLIN)

    assert [month.day for month in found] == [date(2026, 11, 1), date(2026, 10, 1)]


def test_models_stand_under_their_month_the_dearest_first(turn: Turn) -> None:
    book(turn, 1, NOVEMBER)
    book(turn, 2, NOVEMBER, model="claude-fable-5-2", cost_usd=Decimal("0.3"))
    book(turn, 3, NOVEMBER, cache_read_input_tokens=300)

    [month] = months_by_model(UsageRecord.objects.all(), BERLIN)

    assert [line.name for line in month.lines] == [
        "Claude Fable 5.2",
        "Claude Opus 5.5",
    ]
    assert month.total.cost_usd == Decimal("0.5")
    assert month.total.requests == 3
    assert month.lines[1].hit_rate == 0.6


def test_unknown_costs_are_counted_not_added(turn: Turn) -> None:
    book(turn, 1, NOVEMBER)
    book(turn, 2, NOVEMBER, model="llama", cost_usd=None, cache_savings_usd=None)

    [month] = months_by_model(UsageRecord.objects.all(), BERLIN)

    assert (month.total.cost_usd, month.total.unknown_requests) == (Decimal("0.1"), 1)
    assert [line.is_known for line in month.lines] == [True, False]


def test_sums_are_exact(turn: Turn) -> None:
    for number in range(10):
        book(turn, number, NOVEMBER, cost_usd=Decimal("0.00000001"))

    [month] = months_by_model(UsageRecord.objects.all(), BERLIN)

    assert month.total.cost_usd == Decimal("0.0000001")


def test_everybody_sees_what_they_paid(turn: Turn, alice: User, bob: User) -> None:
    book(turn, 1, NOVEMBER)
    records = UsageRecord.objects

    assert len(months_by_model(records.paid_by(alice), BERLIN)) == 1
    assert months_by_model(records.paid_by(bob), BERLIN) == []


@pytest.mark.parametrize("count", [1, 3])
def test_two_queries_whatever_was_used(turn: Turn, count: int) -> None:
    for number in range(count):
        book(turn, number, datetime(2026, number + 1, 3, tzinfo=UTC))

    with CaptureQueriesContext(connection) as queries:
        months_by_model(UsageRecord.objects.all(), BERLIN)

    assert len(queries) == 2


def test_the_sheet_has_a_line_for_each_month_and_model(turn: Turn) -> None:
    book(
        turn,
        1,
        NOVEMBER,
        model="=1+1",
        cache_savings_usd=Decimal("-0.5"),
    )

    text = months_as_csv(months_by_model(UsageRecord.objects.all(), BERLIN), "model")

    assert text.splitlines() == [
        "month,model,requests,unknown_requests,input_tokens,cache_creation_input_tokens,"
        "cache_read_input_tokens,output_tokens,thinking_tokens,web_searches,cost_usd,"
        "cache_savings_usd",
        "2026-11,'=1+1,1,0,100,0,0,10,0,0,0.10000000,-0.50000000",
    ]


def test_people_stand_under_their_month(turn: Turn, bob: User) -> None:
    book(turn, 1, NOVEMBER)
    book(turn, 2, NOVEMBER, payer=bob, cost_usd=Decimal(3))

    [month] = months_by_person(UsageRecord.objects.all(), BERLIN)

    assert [(line.name, line.cost_usd) for line in month.lines] == [
        ("bob", Decimal(3)),
        ("alice", Decimal("0.1")),
    ]


def test_the_dearest_conversations_come_first(thread: Thread, turn: Turn) -> None:
    other = Thread(thread.owner)
    other.user("Hi")
    book(turn, 1, NOVEMBER)
    book(other.turn(), 1, NOVEMBER, cost_usd=Decimal(3))
    book(turn, 2, datetime(2026, 10, 3, tzinfo=UTC), cost_usd=Decimal(9))
    first = datetime(2026, 11, 1, tzinfo=UTC)

    both = dearest_conversations(UsageRecord.objects.all(), first, 10)
    one = dearest_conversations(UsageRecord.objects.all(), first, 1)

    assert [spent.conversation for spent in both] == [
        other.conversation,
        thread.conversation,
    ]
    assert [spent.cost_usd for spent in one] == [Decimal(3)]


def test_what_was_paid_stays_paid(thread: Thread, turn: Turn, alice: User) -> None:
    book(turn, 1, NOVEMBER)
    thread.conversation.delete()

    [month] = months_by_model(UsageRecord.objects.paid_by(alice), BERLIN)

    assert month.total.cost_usd == Decimal("0.1")
    assert dearest_conversations(UsageRecord.objects.all(), NOVEMBER, 9) == []
