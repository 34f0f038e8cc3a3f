"""State + events = fresh state, for every event there is.

A watcher folds each event as docs/protocol.md says (`tests/chaos/tab_state.py`). After
it, what it shows must be what somebody sees who looks only now.
"""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from django.test import AsyncClient
from django.urls import reverse

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import UpstreamOverloaded
from conversations.models import Conversation, Permission, Preferences, Turn
from conversations.models.reading import read
from conversations.protocol import events
from conversations.protocol.commands import (
    ContinueTurn,
    EditMessage,
    RetryTurn,
    SendMessage,
)
from conversations.protocol.events import EVENTS, Event
from conversations.tools.base import Input, ToolContext, ToolResult
from conversations.tools.clock import Clock
from conversations.turns import runner, suggestions, titles
from conversations.turns.claims import claims
from conversations.turns.compacting import compactor
from conversations.turns.decisions import decide
from conversations.turns.hub import (
    Encoded,
    Topic,
    conversation_topic,
    encode,
    hub,
    person_topic,
)
from conversations.turns.inspecting import keeper
from conversations.turns.live import LiveTurn
from conversations.turns.publisher import snapshot_event
from conversations.turns.registry import registry
from conversations.turns.snapshots import conversation_snapshot, stored_turn_snapshot
from conversations.turns.start import Acceptance, StartCommand, start_turn
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.chaos.tab_state import TabState
from tests.turns.scripted import (
    Script,
    ScriptedClient,
    answer,
    block,
    ended,
    started,
    text,
    thinking,
)

type Json = dict[str, Any]

# When it ended is in no event: who was there knows it.
NOT_IN_EVENTS = ("finished_at",)
# The unfinished input of a call is not in a snapshot; it is shown once it is whole.
NOT_IN_SNAPSHOTS = ("json",)
TIMEOUT_SECONDS = 5


class Looker:
    """Folds what it is told; compares it with a fresh look as often as it can."""

    def __init__(self) -> None:
        self.folded = TabState()
        self.differences: list[str] = []
        # How often a fresh look has followed an event of that name.
        self.verified: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._news = asyncio.Event()

    def deliver(self, batch: list[Encoded]) -> None:
        """Take events from the hub, in the loop step in which they happened."""
        for item in batch:
            event = json.loads(item.text)
            for turn in self.folded.apply(event):
                self.differences.append(f"a gap before {event['type']} of {turn}")
            self._told[event["type"]] += 1
            live = registry.find(item.turn_id) if item.turn_id else None
            if live is not None:
                self._compare_running(event["type"], live)
        self._news.set()
        self._news = asyncio.Event()

    async def told(self, name: str) -> None:
        """Wait for an event of that name."""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while not self._told[name]:
                await self._news.wait()

    async def look(self, conversation: Conversation) -> None:
        """Compare everything that is shown of a conversation."""
        key = str(conversation.id)
        # Another branch may have become the conversation's own meanwhile.
        fresh = await fresh_state(conversation, self.folded.conversations[key].leaf)
        names = list(self._told)
        self._compare(
            str(names), shown(self.folded, fresh, key), shown(fresh, fresh, key)
        )
        self.verified.update(names)

    def _compare_running(self, name: str, live: LiveTurn) -> None:
        fresh, key = TabState(), str(live.id)
        fresh.apply(wire(snapshot_event(live)))
        self._compare(name, shown_turn(self.folded, key), shown_turn(fresh, key))
        self.verified[name] += 1

    def _compare(self, what: str, folded: Json, fresh: Json) -> None:
        if folded != fresh:
            keys = [key for key in folded if folded[key] != fresh[key]]
            self.differences += [
                f"after {what}: {key}: folded {folded[key]}, fresh {fresh[key]}"
                for key in keys
            ]


def wire(event: Event) -> Json:
    """Return an event as it arrives."""
    arrived: Json = json.loads(encode(event).text)
    return arrived


async def fresh_state(conversation: Conversation, leaf: str | None = None) -> TabState:
    """Return what `conversation.watch` and `turn.resync` tell a tab that opens now."""
    state = TabState()
    snapshot = await read(_snapshot, conversation.id, leaf)
    state.apply(wire(snapshot))
    for row in snapshot.turns:
        live = registry.find(uuid.UUID(row["id"]))
        told = snapshot_event(live) if live else await read(_stored, row["id"])
        state.apply(wire(told))
    return state


def _snapshot(
    conversation_id: uuid.UUID, leaf: str | None
) -> events.ConversationSnapshot:
    conversation = Conversation.objects.get(id=conversation_id)
    return conversation_snapshot(conversation, uuid.UUID(leaf) if leaf else None)


def _stored(turn_id: str) -> Event:
    return stored_turn_snapshot(Turn.objects.get(id=turn_id))


def shown(state: TabState, fresh: TabState, conversation_id: str) -> Json:
    """Return what a page shows; of the turns, those that `fresh` has on its branch."""
    conversation = state.conversations[conversation_id]
    return {
        "conversation": conversation.row,
        "leaf": conversation.leaf,
        "messages": [shown_message(state, key) for key in conversation.path],
        "turns": [shown_turn(state, key) for key in sorted(fresh.turns)],
        "compactions": state.compactions,
    }


def shown_message(state: TabState, message_id: str) -> Json:
    """Return a person's message as it is, and the text of an answer."""
    row = state.messages.get(message_id)
    if row is not None and row["role"] == "user":
        return row
    answers = [item for turn in state.turns.values() for item in turn.answers]
    blocks = [
        b["block"]
        for item in answers
        if item["id"] == message_id
        for b in item["blocks"]
    ]
    written = "".join(item["text"] for item in blocks if item["type"] == "text")
    assert row is None or row["text"] == written
    return {"id": message_id, "text": written}


def shown_turn(state: TabState, turn_id: str) -> Json:
    turn = state.turns[turn_id]
    return {
        "row": without(turn.row, *NOT_IN_EVENTS),
        "blocks": [
            {"message": answer["id"], **without(entry, *NOT_IN_SNAPSHOTS)}
            for answer in turn.answers
            for entry in answer["blocks"]
        ],
        "calls": list(turn.calls.values()),
        "is_closed": turn.is_closed,
    }


def without(row: Json, *names: str) -> Json:
    return {name: value for name, value in row.items() if name not in names}


class Untitled(ScriptedClient):
    """Gives no titles, which would come at any moment."""

    async def create(self, params: Json, **_: Any) -> Json:
        raise UpstreamOverloaded("Overloaded", status=529)


class World:
    """A person, the upstream's next words, and who looks."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.looker = Looker()
        self._topics: list[Topic] = []
        self._listen(person_topic(user.pk))

    def leave(self) -> None:
        for topic in self._topics:
            hub.unsubscribe(topic, self.looker)

    async def say(
        self,
        *scripts: Script,
        kind: type[StartCommand] = SendMessage,
        client: type[ScriptedClient] = Untitled,
        **fields: Any,
    ) -> Acceptance:
        """Carry out a command; the scripts are what the upstream answers."""
        use_client(client(*scripts))
        if kind in (SendMessage, EditMessage):
            fields.setdefault("text", "Hi")
        command = kind(client_id=uuid.uuid4(), **fields)
        return await start_turn(self.user, command, before_launch=self._watch)

    async def talk(self, *scripts: Script, **fields: Any) -> Acceptance:
        """The same until the turn has ended; looks at what came of it."""
        acceptance = await self.say(*scripts, **fields)
        await runner.wait_for(acceptance.turn.id)
        await self.looker.look(acceptance.conversation)
        return acceptance

    def _watch(self, acceptance: Acceptance) -> None:
        self._listen(conversation_topic(acceptance.conversation.id))

    def _listen(self, topic: Topic) -> None:
        self._topics.append(topic)
        hub.subscribe(topic, self.looker)


@pytest.fixture
async def world(async_db: None, alice: User) -> AsyncIterator[World]:
    await writer.do(catalog.load_cards)
    world = World(alice)
    yield world
    world.leave()
    await runner.interrupt_all()
    await titles.stop()
    await suggestions.stop()
    await keeper.flush()
    writer.stop()


async def forever() -> None:
    await asyncio.Event().wait()


def half(*pieces: str) -> Script:
    """An answer that has begun, with an open block."""
    return [started(), *thinking(0, "Hm"), *text(1, *pieces)[:-1]]


async def accepted(world: World) -> None:
    """A message is stored, and its answer has not begun."""
    acceptance = await world.say([forever])
    await world.looker.look(acceptance.conversation)


async def completed(world: World) -> None:
    """Every kind of block and delta, in two rounds."""
    citation = {"type": "citations_delta", "citation": {"cited_text": "tea"}}
    cited = {"type": "text", "text": "", "citations": []}
    call = {
        "type": "server_tool_use",
        "id": "srvtoolu_1",
        "name": "web_search",
        "input": {},
    }
    found = {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [],
    }
    pieces = [
        {"type": "input_json_delta", "partial_json": piece} for piece in ('{"q', '":1}')
    ]
    first: Script = [
        *(started(), *thinking(0, "Let ", "me see."), *block(1, call, *pieces)),
        *(*block(2, found), *text(3, "So "), *ended("pause_turn")),
    ]
    second: Script = [
        *(started("msg_2"), *text(0, "Hel", "lo")),
        *(*block(1, cited, {"type": "text_delta", "text": "tea"}, citation), *ended()),
    ]
    await world.talk(first, second)


def calling(*zones: str) -> Script:
    """A round that asks for the time in some zones."""
    events = [started("msg_calls")]
    for index, zone in enumerate(zones):
        call = {"type": "tool_use", "id": f"t{index}", "name": "current_time"}
        given = f'{{"timezone": "{zone}"}}'
        delta = {"type": "input_json_delta", "partial_json": given}
        events += block(index, {**call, "input": {}}, delta)
    return [*events, *ended("tool_use")]


async def used_tools(world: World) -> None:
    """Two calls at once, one of which fails, and an answer that follows a person."""
    first = await world.talk(
        calling("UTC", "Mars/Base"), answer("Noon"), tools=("current_time",)
    )
    await world.talk(answer("Yes"), conversation=first.conversation.id)


async def stopped_tools(world: World) -> None:
    """One tool has finished when the person stops the other one."""
    hangs = asyncio.Event()
    run = Clock.run

    async def hang(tool: Clock, context: ToolContext, given: Input) -> ToolResult:
        if given["timezone"] == "UTC":
            return await run(tool, context, given)
        hangs.set()
        await forever()
        raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clock, "run", hang)
        acceptance = await world.say(
            calling("UTC", "Asia/Tokyo"), tools=("current_time",)
        )
        await world.looker.told("tool.finished")
        await hangs.wait()
        await runner.cancel(acceptance.turn.id)
        await runner.wait_for(acceptance.turn.id)
    await world.looker.look(acceptance.conversation)
    # What follows comes after the results, which nobody sees as a message.
    await world.talk(answer("Yes"), conversation=acceptance.conversation.id)


async def asked_for_leave(world: World) -> None:
    """Of two calls that need leave one is allowed for good, the other denied."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clock, "permission", Permission.ASK)
        acceptance = await world.say(
            calling("UTC", "Asia/Tokyo"), answer("Noon"), tools=("current_time",)
        )
        await world.looker.told("tool.waiting")
        await decide(world.user, acceptance.turn, "t0", "always")
        await decide(world.user, acceptance.turn, "t1", "deny")
        await runner.wait_for(acceptance.turn.id)
    await world.looker.look(acceptance.conversation)
    shown = world.looker.folded.turns[str(acceptance.turn.id)].calls
    assert [call["state"] for call in shown.values()] == ["done", "denied"]


async def stopped_before_leave(world: World) -> None:
    """The person stops the turn instead of deciding."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clock, "permission", Permission.ASK)
        acceptance = await world.say(calling("UTC"), tools=("current_time",))
        await world.looker.told("tool.waiting")
        await runner.cancel(acceptance.turn.id)
        await runner.wait_for(acceptance.turn.id)
    await world.looker.look(acceptance.conversation)


async def renamed(world: World) -> None:
    """The title comes after the first answer."""
    acceptance = await world.say(answer("Hello"), client=ScriptedClient)
    await world.looker.told("conversation.renamed")
    await world.looker.look(acceptance.conversation)


async def suggested(world: World) -> None:
    """What may be asked next comes after the end of the answer."""
    await Preferences.objects.acreate(person=world.user, suggestions=True)
    acceptance = await world.say(answer("Hello"), client=ScriptedClient)
    await world.looker.told("turn.suggested")
    # The title is asked for at the same time: a look in between would see half of it.
    await world.looker.told("conversation.renamed")
    await world.looker.look(acceptance.conversation)


async def deleted(world: World) -> None:
    """The conversation goes away under its reader."""
    acceptance = await world.talk(answer("Hello"))
    client = AsyncClient()
    await client.aforce_login(world.user)
    await client.post(
        reverse("conversations:delete", args=[acceptance.conversation.id])
    )

    visible = Conversation.objects.visible_to(world.user)
    assert not await visible.aexists()
    assert world.looker.folded.conversations == {}


async def compacted(world: World) -> None:
    """A summary stands for what was said; before that, one fails."""
    acceptance = await world.talk(answer("Hello"))
    conversation = acceptance.conversation
    for summary in ("", "They said hello."):
        use_client(Untitled(answer(summary)))
        row = await compactor.start(world.user, conversation.id)
        await compactor.wait_for(row.id)
        await world.looker.look(conversation)


async def branched(world: World) -> None:
    """Answered again, continued beside that, asked differently: four branches."""
    first = await world.talk(answer("One"))
    second = await world.talk(answer("Two"), conversation=first.conversation.id)
    await world.talk(answer("Again"), kind=RetryTurn, turn=second.turn.id)
    await world.talk(answer("More"), kind=ContinueTurn, turn=second.turn.id)
    await world.talk(answer("New"), kind=EditMessage, message=first.message.id)


async def joined_late(world: World) -> None:
    """Somebody opens the page in the middle, and folds the rest onto a snapshot."""
    gate = asyncio.Event()
    acceptance = await world.say(
        [*half("Hel"), gate.wait, *text(1, "lo")[1:], *ended()]
    )
    await world.looker.told("block.delta")
    late, topic = Looker(), conversation_topic(acceptance.conversation.id)
    hub.subscribe(topic, late)
    late.folded = await fresh_state(acceptance.conversation)
    gate.set()
    await runner.wait_for(acceptance.turn.id)

    hub.unsubscribe(topic, late)
    await late.look(acceptance.conversation)
    await world.looker.look(acceptance.conversation)
    world.looker.differences += late.differences
    world.looker.verified["conversation.snapshot"] += late.verified["turn.completed"]


async def retried(world: World) -> None:
    """The first attempt breaks before it has said anything."""
    broken: Script = [started(), UpstreamOverloaded("Overloaded", status=529)]
    await world.talk(broken, answer("Hello", message_id="msg_2"))


async def queued(world: World) -> None:
    """The process stops before anything is shown; another one takes the turn."""
    acceptance = await world.say([forever])
    await world.looker.told("turn.started")
    await runner.interrupt_all()
    await world.looker.look(acceptance.conversation)

    use_client(Untitled(answer("Hello")))
    await claims.take()
    await runner.wait_for(acceptance.turn.id)
    await world.looker.look(acceptance.conversation)


async def cancelled(world: World) -> None:
    acceptance = await world.say([*half("Hel"), forever])
    await world.looker.told("block.delta")
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)
    await world.looker.look(acceptance.conversation)


async def cancelled_while_thinking(world: World) -> None:
    """Open thinking has no signature, so nothing of it can stay."""
    acceptance = await world.say([started(), *thinking(0, "Hm")[:-2], forever])
    await world.looker.told("block.delta")
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)
    await world.looker.look(acceptance.conversation)


async def interrupted(world: World) -> None:
    acceptance = await world.say([*half("Hel"), forever])
    await world.looker.told("block.delta")
    await runner.interrupt_all()
    await world.looker.look(acceptance.conversation)


async def failed(world: World) -> None:
    await world.talk([*half("Hel"), UpstreamOverloaded("Overloaded", status=529)])


def silent(event: Event) -> "Story":
    """Return the story of an event that changes nothing that is shown."""

    async def story(world: World) -> None:
        acceptance = await world.talk(answer("Hello"))
        world.looker.deliver([encode(event)])
        await world.looker.look(acceptance.conversation)

    return story


type Story = Callable[[World], Awaitable[None]]

ERROR = {
    "type": "x",
    "message": "x",
    "retryable": True,
    "request_id": None,
    "action": "wait",
}
STORIES: dict[str, list[Story]] = {
    "message.accepted": [accepted, branched],
    "conversation.snapshot": [joined_late],
    "conversation.renamed": [renamed],
    "turn.suggested": [suggested],
    "conversation.changed": [deleted],
    "compaction.changed": [compacted],
    "turn.queued": [queued],
    "turn.started": [completed],
    "turn.snapshot": [retried, queued],
    "turn.retrying": [retried],
    "block.started": [completed],
    "block.delta": [completed],
    "block.finished": [completed],
    "tool.waiting": [asked_for_leave, stopped_before_leave],
    "tool.started": [used_tools],
    "tool.finished": [used_tools, stopped_tools],
    "usage.updated": [completed],
    "turn.completed": [completed],
    "turn.cancelled": [cancelled, cancelled_while_thinking],
    "turn.interrupted": [interrupted],
    "turn.failed": [failed],
    "server.restarting": [silent(events.ServerRestarting(reason="x"))],
    "server.impaired": [silent(events.ServerImpaired(reason=ERROR))],
    "server.recovered": [silent(events.ServerRecovered())],
    "command.rejected": [
        silent(events.Rejected(command="ping", client_id=None, error=ERROR))
    ],
    "pong": [silent(events.Pong())],
}


def test_every_event_has_a_story() -> None:
    assert STORIES.keys() == EVENTS.keys()


@pytest.mark.parametrize(
    ("name", "story"),
    [(name, story) for name, stories in STORIES.items() for story in stories],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_state_and_event_are_the_fresh_state(
    world: World, name: str, story: Story
) -> None:
    await story(world)

    assert world.looker.differences == []
    assert world.looker.verified[name] > 0
