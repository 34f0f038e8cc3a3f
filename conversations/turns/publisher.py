"""Numbers the events of a running turn and tells those who watch."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from time import monotonic
from typing import Any

from conversations.claude import Retry
from conversations.protocol import events

from .hub import Hub, conversation_topic
from .live import LiveCall, LiveRound, LiveTurn, Wait
from .objects import call_object
from .outcomes import retry_reason

# What a browser has no use for: signatures and sealed content are for Claude alone.
SEALED = frozenset({"signature", "data", "encrypted_content", "encrypted_index"})
SHOWN_DELTAS = frozenset(
    {"text_delta", "thinking_delta", "citations_delta", "input_json_delta"}
)

# What a delta of text brings. Such deltas of one block that came together are published
# as one: nobody could see them apart.
PIECES = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
}


class Publisher:
    """Turns what happened to one turn into protocol events, in order."""

    def __init__(self, live: LiveTurn, hub: Hub) -> None:
        self._live = live
        self._hub = hub
        self._topic = conversation_topic(live.conversation_id)

    def started(self) -> None:
        self._publish(events.TurnStarted, state=self._live.state())

    def streamed(self, round_: LiveRound, batch: Iterable[dict[str, Any]]) -> None:
        """Publish events of the API that came together, if a browser can show them."""
        self._live.wait = None
        told = [self._told(round_, event) for event in joined(batch)]
        self._send([event for event in told if event is not None])

    def _told(
        self, round_: LiveRound, event: dict[str, Any]
    ) -> events.TurnEvent | None:
        match event["type"]:
            case "content_block_start":
                return self._number(
                    events.BlockStarted,
                    message=round_.message_id,
                    round=round_.number,
                    index=event["index"],
                    block=for_browser(event["content_block"]),
                )
            case "content_block_delta" if event["delta"]["type"] in SHOWN_DELTAS:
                return self._number(
                    events.BlockDelta,
                    message=round_.message_id,
                    index=event["index"],
                    delta=for_browser(event["delta"]),
                )
            case "content_block_stop":
                return self._number(
                    events.BlockFinished,
                    message=round_.message_id,
                    index=event["index"],
                )
        return None

    def retrying(self, retry: Retry) -> None:
        facts = {
            "attempt": retry.attempt,
            "limit": retry.limit,
            "delay_seconds": round(retry.delay_seconds, 3),
            "reason": retry_reason(retry.error),
        }
        self._live.wait = Wait(facts, until=monotonic() + retry.delay_seconds)
        self._publish(events.TurnRetrying, **facts)

    def called(self, event: type[events.TurnEvent], call: LiveCall) -> None:
        """Publish how it stands with a call of a tool."""
        self._publish(event, call=_call_object(call))

    def used(self, usage: dict[str, Any], cost_usd: str | None) -> None:
        self._publish(events.UsageUpdated, usage=usage, cost_usd=cost_usd)

    def closed(self, event: type[events.TurnEvent], **facts: Any) -> None:
        self._publish(event, **facts)

    def replaced(self) -> None:
        """Publish a snapshot: what was shown of a failed attempt goes away."""
        self._live.seq += 1
        self._send([snapshot_event(self._live)])

    def _publish(self, event: type[events.TurnEvent], **facts: Any) -> None:
        self._send([self._number(event, **facts)])

    def _number(self, event: type[events.TurnEvent], **facts: Any) -> events.TurnEvent:
        self._live.seq += 1
        return event(**_address(self._live), **facts)

    def _send(self, batch: Sequence[events.Event]) -> None:
        if batch:
            self._hub.publish(self._topic, batch)


def joined(batch: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return events of the API with neighbouring pieces of one text as one piece."""
    for text, neighbours in groupby(batch, _text_of):
        if text is None:
            yield from neighbours
            continue
        kind, index = text
        pieces = [event["delta"][PIECES[kind]] for event in neighbours]
        delta = {"type": kind, PIECES[kind]: "".join(pieces)}
        yield {"type": "content_block_delta", "index": index, "delta": delta}


def _text_of(event: dict[str, Any]) -> tuple[str, int] | None:
    """Return which text an event adds to, and to nothing else; None if it does not."""
    if event["type"] != "content_block_delta":
        return None
    delta = event["delta"]
    piece = delta.get(PIECES.get(delta["type"]))
    is_plain = len(delta) == 2 and isinstance(piece, str)
    return (delta["type"], event["index"]) if is_plain else None


def snapshot_event(live: LiveTurn) -> events.TurnSnapshot:
    """Return everything published so far as one event; it takes no number."""
    return events.TurnSnapshot(
        **_address(live),
        state=live.state(),
        messages=[_round_object(round_) for round_ in live.rounds],
        retrying=_waiting(live.wait),
        calls=[_call_object(call) for call in live.calls],
    )


def _call_object(call: LiveCall) -> dict[str, Any]:
    return call_object(call.row, call.message_id, call.made.input, call.result)


def _waiting(wait: Wait | None) -> dict[str, Any] | None:
    if wait is None:
        return None
    left = max(0.0, wait.until - monotonic())
    return {**wait.facts, "delay_seconds": round(left, 3)}


def for_browser(value: Any) -> Any:
    """Return a block or delta without the parts that are sealed for Claude."""
    if isinstance(value, dict):
        return {k: for_browser(v) for k, v in value.items() if k not in SEALED}
    if isinstance(value, list):
        return [for_browser(item) for item in value]
    return value


def _address(live: LiveTurn) -> dict[str, Any]:
    return {
        "turn": live.id,
        "conversation": live.conversation_id,
        "epoch": live.epoch,
        "seq": live.seq,
    }


def _round_object(round_: LiveRound) -> dict[str, Any]:
    blocks = round_.snapshot.blocks
    growing = round_.snapshot.open_indexes
    return {
        "id": str(round_.message_id),
        "round": round_.number,
        "blocks": [
            {
                "index": index,
                "block": for_browser(block),
                "finished": index not in growing,
            }
            for index, block in enumerate(blocks)
        ],
    }
