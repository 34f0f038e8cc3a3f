"""Numbers the events of a running turn and tells those who watch."""

from collections.abc import Iterable
from time import monotonic
from typing import Any

from conversations.claude import Retry
from conversations.protocol import events

from .hub import Hub, conversation_topic
from .live import LiveRound, LiveTurn, Wait
from .outcomes import retry_reason

# What a browser has no use for: signatures and sealed content are for Claude alone.
SEALED = frozenset({"signature", "data", "encrypted_content", "encrypted_index"})
SHOWN_DELTAS = frozenset(
    {"text_delta", "thinking_delta", "citations_delta", "input_json_delta"}
)


class Publisher:
    """Turns what happened to one turn into protocol events, in order."""

    def __init__(self, live: LiveTurn, hub: Hub) -> None:
        self._live = live
        self._hub = hub

    def started(self) -> None:
        self._publish(events.TurnStarted, state=self._live.state())

    def streamed(self, round_: LiveRound, event: dict[str, Any]) -> None:
        """Publish one event of the API, if a browser can show it."""
        self._live.wait = None
        match event["type"]:
            case "content_block_start":
                self._publish(
                    events.BlockStarted,
                    message=round_.message_id,
                    round=round_.number,
                    index=event["index"],
                    block=for_browser(event["content_block"]),
                )
            case "content_block_delta" if event["delta"]["type"] in SHOWN_DELTAS:
                self._publish(
                    events.BlockDelta,
                    message=round_.message_id,
                    index=event["index"],
                    delta=for_browser(event["delta"]),
                )
            case "content_block_stop":
                self._publish(
                    events.BlockFinished,
                    message=round_.message_id,
                    index=event["index"],
                )

    def retrying(self, retry: Retry) -> None:
        facts = {
            "attempt": retry.attempt,
            "limit": retry.limit,
            "delay_seconds": round(retry.delay_seconds, 3),
            "reason": retry_reason(retry.error),
        }
        self._live.wait = Wait(facts, until=monotonic() + retry.delay_seconds)
        self._publish(events.TurnRetrying, **facts)

    def used(self, usage: dict[str, Any], cost_usd: str | None) -> None:
        self._publish(events.UsageUpdated, usage=usage, cost_usd=cost_usd)

    def closed(self, event: type[events.TurnEvent], **facts: Any) -> None:
        self._publish(event, **facts)

    def replaced(self) -> None:
        """Publish a snapshot: what was shown of a failed attempt goes away."""
        self._live.seq += 1
        self._send([snapshot_event(self._live)])

    def _publish(self, event: type[events.TurnEvent], **facts: Any) -> None:
        self._live.seq += 1
        self._send([event(**_address(self._live), **facts)])

    def _send(self, batch: Iterable[events.Event]) -> None:
        self._hub.publish(conversation_topic(self._live.conversation_id), batch)


def snapshot_event(live: LiveTurn) -> events.TurnSnapshot:
    """Return everything published so far as one event; it takes no number."""
    return events.TurnSnapshot(
        **_address(live),
        state=live.state(),
        messages=[_round_object(round_) for round_ in live.rounds],
        retrying=_waiting(live.wait),
    )


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
