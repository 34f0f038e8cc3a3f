"""What the server tells a browser. A frame is a JSON array of these.

Every event that carries (epoch, seq) belongs to one turn and is ordered by them; a
new epoch begins with `turn.snapshot`, which replaces what is shown. A turn has
exactly one closing event: completed, cancelled, interrupted or failed.

| event                 | fields beside type                                          |
|-----------------------|-------------------------------------------------------------|
| message.accepted      | client_id, conversation, message, turn                      |
| conversation.snapshot | conversation, leaf, messages, turns, compactions            |
| conversation.renamed  | conversation, title, tags                                   |
| compaction.changed    | conversation, compaction                                    |
| conversation.changed  | conversation, change                                        |
| turn.queued           | …turn, state                                                |
| turn.started          | …turn, state                                                |
| turn.snapshot         | …turn, state, messages, retrying, calls                     |
| turn.retrying         | …turn, attempt, limit, delay_seconds, reason                |
| block.started         | …turn, message, round, index, block                         |
| block.delta           | …turn, message, index, delta                                |
| block.finished        | …turn, message, index                                       |
| tool.waiting          | …turn, call                                                 |
| tool.started          | …turn, call                                                 |
| tool.finished         | …turn, call                                                 |
| usage.updated         | …turn, usage, cost_usd                                      |
| turn.completed        | …turn, stop_reason, leaf                                    |
| turn.suggested        | turn, conversation, suggestions                             |
| turn.cancelled        | …turn, leaf                                                 |
| turn.interrupted      | …turn, leaf, error                                          |
| turn.failed           | …turn, leaf, error                                          |
| server.restarting     | reason                                                      |
| server.impaired       | reason                                                      |
| server.recovered      |                                                             |
| command.rejected      | command, client_id, error                                   |
| pong                  |                                                             |

`…turn` stands for turn, conversation, epoch, seq. docs/protocol.md is the contract.
"""

from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from typing import Any, ClassVar
from uuid import UUID

type Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened; `name` is its `type` on the wire."""

    name: ClassVar[str]

    def as_json(self) -> Json:
        """Return the event as it stands in a frame, UUIDs as text."""
        body: Json = {"type": self.name}
        for name in _field_names(type(self)):  # type: ignore[arg-type]  # classes are hashable
            value = getattr(self, name)
            body[name] = id_text(value) if isinstance(value, UUID) else value
        return body


# The same few ids go with each of thousands of events.
id_text = lru_cache(maxsize=4096)(UUID.__str__)


@cache
def _field_names(event: type[Event]) -> tuple[str, ...]:
    # Asked anew for each delta it would be a third of its cost.
    return tuple(each.name for each in fields(event))


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnEvent(Event):
    """An event of a running turn, numbered within its epoch."""

    turn: UUID
    conversation: UUID
    epoch: int
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageAccepted(Event):
    """The command is committed: it will be there after any crash."""

    name = "message.accepted"
    client_id: UUID
    conversation: Json
    message: Json
    turn: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationSnapshot(Event):
    name = "conversation.snapshot"
    conversation: Json
    leaf: UUID | None
    messages: list[Json]
    turns: list[Json]
    compactions: list[Json]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationRenamed(Event):
    name = "conversation.renamed"
    conversation: UUID
    title: str
    tags: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationChanged(Event):
    """Told to all tabs of its owner: created, updated or deleted."""

    name = "conversation.changed"
    conversation: UUID
    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CompactionChanged(Event):
    """What stands for the beginning of a conversation is being made, or is there."""

    name = "compaction.changed"
    conversation: UUID
    compaction: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnQueued(TurnEvent):
    """No process answers it at the moment; one will, by itself."""

    name = "turn.queued"
    state: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnStarted(TurnEvent):
    name = "turn.started"
    state: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnSnapshot(TurnEvent):
    """Everything of the turn up to (epoch, seq); replaces what is shown."""

    name = "turn.snapshot"
    state: Json
    messages: list[Json]
    # What turn.retrying says, while it waits: with what is left of the delay.
    retrying: Json | None = None
    calls: list[Json] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnRetrying(TurnEvent):
    name = "turn.retrying"
    attempt: int
    limit: int
    delay_seconds: float
    reason: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockStarted(TurnEvent):
    name = "block.started"
    message: UUID
    round: int
    index: int
    block: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockDelta(TurnEvent):
    name = "block.delta"
    message: UUID
    index: int
    delta: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockFinished(TurnEvent):
    name = "block.finished"
    message: UUID
    index: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolWaiting(TurnEvent):
    """A call that a person has to allow or deny with `tool.decide`."""

    name = "tool.waiting"
    call: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolStarted(TurnEvent):
    """A tool of ours begins; `call` tells all that is known of it."""

    name = "tool.started"
    call: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolFinished(TurnEvent):
    name = "tool.finished"
    call: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageUpdated(TurnEvent):
    name = "usage.updated"
    usage: Json
    cost_usd: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnCompleted(TurnEvent):
    name = "turn.completed"
    stop_reason: str
    leaf: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnCancelled(TurnEvent):
    name = "turn.cancelled"
    leaf: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnInterrupted(TurnEvent):
    name = "turn.interrupted"
    leaf: UUID | None
    error: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnFailed(TurnEvent):
    name = "turn.failed"
    leaf: UUID | None
    error: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnSuggested(Event):
    """After the closing event, which ends the numbered ones: what may be asked next."""

    name = "turn.suggested"
    turn: UUID
    conversation: UUID
    suggestions: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerRestarting(Event):
    name = "server.restarting"
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerImpaired(Event):
    """Something that the server needs is away; `reason` is an error object."""

    name = "server.impaired"
    reason: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerRecovered(Event):
    """It is back. What was missed meanwhile has to be asked for anew."""

    name = "server.recovered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected(Event):
    name = "command.rejected"
    command: str | None
    client_id: UUID | None
    error: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Pong(Event):
    name = "pong"


EVENTS: dict[str, type[Event]] = {
    event.name: event
    for event in (
        MessageAccepted,
        ConversationSnapshot,
        ConversationRenamed,
        ConversationChanged,
        CompactionChanged,
        TurnQueued,
        TurnStarted,
        TurnSnapshot,
        TurnRetrying,
        BlockStarted,
        BlockDelta,
        BlockFinished,
        ToolWaiting,
        ToolStarted,
        ToolFinished,
        UsageUpdated,
        TurnCompleted,
        TurnCancelled,
        TurnInterrupted,
        TurnFailed,
        TurnSuggested,
        ServerRestarting,
        ServerImpaired,
        ServerRecovered,
        Rejected,
        Pong,
    )
}
CLOSING_EVENTS = (TurnCompleted, TurnCancelled, TurnInterrupted, TurnFailed)
