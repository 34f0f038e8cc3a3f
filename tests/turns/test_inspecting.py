"""What a running turn leaves for the inspector."""

from typing import Any

from conversations.claude import UpstreamOverloaded
from conversations.models import Conversation, RequestRecord
from conversations.turns import runner
from conversations.turns.inspecting import keeper
from tests.turns.conftest import Ask
from tests.turns.scripted import Silence, answer, started, text


async def kept() -> list[RequestRecord]:
    await keeper.flush()
    return [row async for row in RequestRecord.objects.order_by("id")]


def facts(row: RequestRecord) -> tuple[Any, ...]:
    error = row.error["type"] if row.error else None
    return row.round, row.attempt, error, row.response is not None


async def test_each_round_is_a_request(ask: Ask) -> None:
    acceptance = await ask(
        answer("One", stop_reason="pause_turn"), answer("two", message_id="msg_2")
    )
    await runner.wait_for(acceptance.turn.id)

    rows = await kept()

    assert [facts(row) for row in rows] == [(1, 1, None, True), (2, 1, None, True)]
    assert [row.request_id for row in rows] == ["req_1", "req_1"]
    assert rows[0].first_byte_ms is not None
    assert rows[0].first_text_ms is not None
    assert rows[0].first_byte_ms <= rows[0].first_text_ms <= rows[0].total_ms
    assert rows[0].headers["anthropic-version"] == "2026-10-21"
    assert "authorization" not in rows[0].headers


async def test_an_attempt_that_broke_is_kept_with_its_error(ask: Ask) -> None:
    broken = [started(), UpstreamOverloaded("Busy")]
    acceptance = await ask(broken, answer("Hello"))
    await runner.wait_for(acceptance.turn.id)

    rows = await kept()

    assert [facts(row) for row in rows] == [
        (1, 1, "overloaded_error", True),
        (1, 2, None, True),
    ]
    assert (rows[1].previous_id, rows[1].shared_messages) == (None, 0)


async def test_a_request_that_was_refused_is_kept_without_an_answer(ask: Ask) -> None:
    acceptance = await ask([UpstreamOverloaded("Busy")])
    await runner.wait_for(acceptance.turn.id)

    [row] = await kept()

    assert facts(row) == (1, 1, "overloaded_error", False)
    assert (row.first_byte_ms, row.first_text_ms) == (None, None)


async def test_a_stopped_answer_is_kept_with_what_had_come(ask: Ask) -> None:
    silence = Silence()
    acceptance = await ask([started(), *text(0, "Half"), silence])
    await silence.began.wait()
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)

    [row] = await kept()

    assert facts(row) == (1, 1, "cancelled", True)


async def test_a_conversation_deleted_meanwhile_takes_its_requests_along(
    ask: Ask,
) -> None:
    first = await ask(answer("One"))
    await runner.wait_for(first.turn.id)
    second = await ask(answer("Two"))
    await runner.wait_for(second.turn.id)
    await Conversation.objects.filter(id=first.conversation.id).adelete()

    rows = await kept()

    assert [row.turn_id for row in rows] == [second.turn.id]
