"""What everybody is told about a turn that nobody runs: it ended, or it waits again."""

from uuid import UUID

from conversations.models import State, Turn
from conversations.protocol import events

from .hub import conversation_topic, hub, person_topic
from .objects import turn_object
from .outcomes import INTERRUPTED
from .snapshots import stored_turn_snapshot

type Notice = list[events.TurnEvent]


def notice_of(turn: Turn) -> Notice:
    """Return the events of a new epoch of a turn without an owner. Reads rows.

    A new epoch begins with a snapshot; what follows it says how it goes on.
    """
    snapshot = stored_turn_snapshot(turn)
    leaf = UUID(snapshot.messages[-1]["id"]) if snapshot.messages else None
    match turn.state:
        case State.QUEUED:
            return [snapshot, _next(turn, events.TurnQueued, state=turn_object(turn))]
        case State.CANCELLED:
            return [snapshot, _next(turn, events.TurnCancelled, leaf=leaf)]
        case State.COMPLETED:
            stop_reason = turn.stop_reason
            completed = _next(
                turn, events.TurnCompleted, stop_reason=stop_reason, leaf=leaf
            )
            return [snapshot, completed]
        case State.FAILED:
            failed = _next(turn, events.TurnFailed, leaf=leaf, error=turn.error)
            return [snapshot, failed]
        case _:
            error = turn.error or INTERRUPTED
            return [
                snapshot,
                _next(turn, events.TurnInterrupted, leaf=leaf, error=error),
            ]


def tell(turn: Turn, notice: Notice) -> None:
    """Tell who watches the conversation, and the lists of its owner."""
    hub.publish(conversation_topic(turn.conversation_id), notice)
    tell_person(turn)


def tell_person(turn: Turn) -> None:
    """Tell all tabs of the author that the conversation has changed."""
    changed = events.ConversationChanged(
        conversation=turn.conversation_id, change="updated"
    )
    hub.publish(person_topic(turn.author_id), [changed])


def _next(
    turn: Turn, event: type[events.TurnEvent], **facts: object
) -> events.TurnEvent:
    return event(
        turn=turn.id,
        conversation=turn.conversation_id,
        epoch=turn.epoch,
        seq=1,
        **facts,
    )
