"""Every fault script against real turns: state, notice, text, books, and what follows."""

import os
from uuid import UUID

import pytest

from conversations.models import Purpose, Turn, UsageRecord
from conversations.protocol.events import Event, TurnEvent, TurnRetrying
from tests.chaos.tab_turn import ShownTurn

from .catalogue import FAMILIES
from .person import Person
from .scripts import RETRIES, Ends, Script
from .texts import whole
from .upstream import WELL

LONGEST_EXTRA_SECONDS = 5.0
# What another database might keep in another way; the rest is played on one of them.
KEPT_FAMILIES = ("content", "spellings", "names", "stop reasons")
IS_POSTGRES = bool(os.environ.get("TEST_DATABASE_URL"))
PLAYED = [
    script
    for family, scripts in FAMILIES.items()
    for script in scripts
    if family in KEPT_FAMILIES or not IS_POSTGRES
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("script", PLAYED, ids=str)
async def test_script_ends_as_it_should_and_the_next_message_works(
    script: Script, person: Person
) -> None:
    question = f"fault: {script.name}"

    turn = await person.ask(question, impatient=script.stalls)

    requests = len(person.upstream.turns_about(question))
    assert await ends(turn, requests) == script.ends
    assert script.says in (turn.error or {}).get("message", "")
    assert shown(person.watcher.events, turn.id) == script.ends.text
    require_sound_retries(script, person)
    assert person.upstream.strayed == 0

    after = await person.ask("And now?", turn.conversation_id)
    assert await ends(after, 1) == Ends(text=WELL)


async def ends(turn: Turn, requests: int) -> Ends:
    error = turn.error or {}
    rows = UsageRecord.objects.filter(turn=turn, purpose=Purpose.ANSWER)
    usage = [row.is_estimated async for row in rows]
    return Ends(
        turn.state,
        error.get("type"),
        error.get("action"),
        await kept(turn),
        turn.stop_reason,
        requests,
        len(usage),
        sum(usage),
    )


async def kept(turn: Turn) -> str:
    """Return the text that is stored as the turn's answer, half characters replaced."""
    blocks = [
        block
        async for message in turn.messages.order_by("round")
        for block in message.blocks
    ]
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    return whole(text)


def shown(events: list[Event], turn_id: UUID) -> str:
    """Return the text that somebody who has watched from the first event now sees."""
    tab = ShownTurn(row={})
    for event in events:
        if isinstance(event, TurnEvent) and event.turn == turn_id:
            tab.take(event.as_json())
    assert (tab.is_closed, tab.is_waiting, tab.disagreements) == (True, False, [])
    return whole(tab.text)


def require_sound_retries(script: Script, person: Person) -> None:
    """Every retry is told and counted, and none comes sooner than it was asked to."""
    told = [e for e in person.watcher.events if isinstance(e, TurnRetrying)]
    assert [event.attempt for event in told] == list(range(1, script.retries + 1))
    assert {event.limit for event in told} <= {RETRIES}
    delays = [event.delay_seconds for event in told]
    assert delays == [round(seconds, 3) for seconds in person.waits]
    for delay in delays[: len(script.attempts) - 1]:
        assert script.asks <= delay
        assert delay <= max(script.asks, 8.0) + LONGEST_EXTRA_SECONDS
