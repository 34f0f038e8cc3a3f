"""Who waits for Claude can stop waiting."""

import asyncio

import pytest

from conversations.models import State, UsageRecord
from conversations.turns import runner
from conversations.upstream import use_client

from .person import PATIENCE_SECONDS, Person
from .upstream import WELL


class LongWait:
    """Stands for asyncio.sleep; a wait ends only when it is cancelled."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()

    async def __call__(self, _seconds: float) -> None:
        self.has_begun.set()
        await asyncio.Event().wait()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("script", "booked"), [("529-json", 0), ("close-after-message-start", 1)]
)
async def test_cancel_during_the_countdown_ends_the_turn_at_once(
    person: Person, script: str, booked: int
) -> None:
    question = f"fault: {script}"
    requests = len(person.upstream.turns_about(question))
    sleep = LongWait()
    client = person.client(PATIENCE_SECONDS, sleep)
    use_client(client)

    begun = await person.begin(question)
    await sleep.has_begun.wait()
    await runner.cancel(begun.id)
    turn = await person.ended(begun)
    await client.aclose()

    assert (turn.state, turn.error) == (State.CANCELLED, None)
    assert person.watcher.names.count("turn.retrying") == 1
    assert person.watcher.names[-1] == "turn.cancelled"
    assert len(person.upstream.turns_about(question)) == requests + 1
    assert await UsageRecord.objects.filter(turn=turn).acount() == booked
    after = await person.ask("And now?", turn.conversation_id)
    answer = await after.messages.aget()
    assert (after.state, answer.text) == (State.COMPLETED, WELL)
