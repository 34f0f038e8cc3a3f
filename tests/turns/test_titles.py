"""The first answer of a conversation brings a title and tags, and what they cost."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations.models import Conversation, ModelCard, Purpose, Turn, UsageRecord
from conversations.protocol.commands import SendMessage
from conversations.turns import runner, titles
from conversations.turns.start import start_turn
from conversations.upstream import use_client
from conversations.usage.totals import total
from tests.turns.scripted import Script, ScriptedClient, answer

pytestmark = pytest.mark.django_db(transaction=True)

type AskNaming = Callable[[], Awaitable[tuple["Naming", Turn]]]

USAGE = {"input_tokens": 100, "output_tokens": 20}
QUESTION = "What is a good name for a cat?"


class Naming(ScriptedClient):
    """Answers the small request once the test lets it."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__(*scripts)
        self.was_asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def create(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.asides.append(params)
        self.was_asked.set()
        await self.may_answer.wait()
        found = {"title": "Names for cats", "tags": ["cats", "names"]}
        return {
            "id": "msg_title",
            "content": [{"type": "text", "text": json.dumps(found)}],
            "usage": USAGE,
        }


async def happened(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until what runs in the background has done it."""
    for _ in range(100):
        if await check():
            return
        await asyncio.sleep(0.02)
    pytest.fail("It did not happen.")


@pytest.fixture
def ask_naming(turns: None, alice: User) -> AskNaming:
    """Return a function that asks QUESTION and waits for the request for a title."""

    async def send() -> tuple[Naming, Turn]:
        client = Naming(answer("Hello"))
        use_client(client)
        command = SendMessage(client_id=uuid.uuid4(), text=QUESTION)
        acceptance = await start_turn(alice, command)
        await runner.wait_for(acceptance.turn.id)
        await client.was_asked.wait()
        return client, acceptance.turn

    return send


async def test_title_and_tags_come_from_one_request(
    ask_naming: AskNaming,
) -> None:
    client, turn = await ask_naming()
    client.may_answer.set()

    await happened(UsageRecord.objects.filter(purpose=Purpose.TITLE).aexists)
    rows = Conversation.objects.filter(title="Names for cats")
    await happened(rows.aexists)

    row = await Conversation.objects.aget(id=turn.conversation_id)
    assert (row.title, row.tags) == ("Names for cats", ["cats", "names"])
    assert len(client.asides) == 1
    assert client.asides[0]["model"] == "claude-haiku-5-5"


async def test_it_is_booked_for_itself(ask_naming: AskNaming) -> None:
    client, turn = await ask_naming()
    client.may_answer.set()
    await happened(UsageRecord.objects.filter(purpose=Purpose.TITLE).aexists)

    records = [record async for record in UsageRecord.objects.filter(turn=turn)]

    card = await ModelCard.objects.aget(model_id="claude-haiku-5-5")
    booked = next(r for r in records if r.purpose == Purpose.TITLE)
    assert booked.usage == USAGE
    assert booked.prices == card.prices
    assert booked.upstream_message_id == "msg_title"
    # The page says under the answer what the answer cost.
    assert total(records)["input_tokens"] == 10


async def test_what_its_owner_wrote_meanwhile_stays(
    ask_naming: AskNaming,
) -> None:
    client, turn = await ask_naming()
    row = Conversation.objects.filter(id=turn.conversation_id)
    await row.aupdate(title="Mine")
    client.may_answer.set()

    await happened(row.exclude(tags=[]).aexists)

    named = await row.aget()
    assert (named.title, named.tags) == ("Mine", ["cats", "names"])


async def test_stopping_gives_it_up(ask_naming: AskNaming) -> None:
    _client, turn = await ask_naming()

    await titles.stop()

    row = await Conversation.objects.aget(id=turn.conversation_id)
    assert (row.title, row.tags) == (QUESTION, [])
