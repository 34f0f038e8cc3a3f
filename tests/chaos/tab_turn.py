"""One turn as a tab shows it: docs/protocol.md, section 5, "Of turns" and "Order"."""

import copy
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

type Json = dict[str, Any]
type Place = tuple[int, int]

LIVE_STATES = frozenset({"queued", "running"})
CLOSING = {
    "turn.completed": "completed",
    "turn.cancelled": "cancelled",
    "turn.interrupted": "interrupted",
    "turn.failed": "failed",
}


class Verdict(Enum):
    """What became of an event."""

    APPLIED = "applied"
    DROPPED = "dropped"
    GAP = "gap"


@dataclass
class ShownTurn:
    """A turn's row as last told, what was written, and the place in its order."""

    row: Json
    answers: list[Json] = field(default_factory=list)
    place: Place = (1, 0)
    leaf: str | None = None
    retrying: Json | None = None
    # How its tools went, by the ids of their calls.
    calls: dict[str, Json] = field(default_factory=dict)
    usage: Json | None = None
    is_waiting: bool = False
    is_closed: bool = False
    # Snapshots of a place that events had led to as well, and that said otherwise.
    disagreements: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        return str(self.row.get("state", "unknown"))

    @property
    def text(self) -> str:
        """The text blocks of all its messages, joined without a separator."""
        blocks = [item["block"] for answer in self.answers for item in answer["blocks"]]
        return "".join(block["text"] for block in blocks if block["type"] == "text")

    def take(self, event: Json) -> Verdict:
        """Put an event in its order and fold it if it is the next one."""
        place = (event["epoch"], event["seq"])
        if event["type"] == "turn.snapshot":
            return self._take_snapshot(place, event)
        if self.is_waiting or self.is_closed or place <= self.place:
            return Verdict.DROPPED
        if place != (self.place[0], self.place[1] + 1):
            self.is_waiting = True
            return Verdict.GAP
        self.place = place
        self._fold(event)
        return Verdict.APPLIED

    def _take_snapshot(self, place: Place, event: Json) -> Verdict:
        is_final = event["seq"] == 0 and event["state"]["state"] not in LIVE_STATES
        # What was asked for counts in any case; so does the end, whose number is 0.
        is_old = place[0] < self.place[0] or (
            place < self.place and not (is_final or self.is_waiting)
        )
        if is_old or (self.is_closed and not is_final):
            return Verdict.DROPPED
        if place == self.place and not (is_final or self.is_waiting):
            self._compare(event)
        self.place, self.is_waiting, self.retrying = place, False, None
        self.row = dict(event["state"])
        self.answers = copy.deepcopy(event["messages"])
        self.calls = {call["id"]: dict(call) for call in event["calls"]}
        if is_final:
            self._close(self.answers[-1]["id"] if self.answers else None)
        return Verdict.APPLIED

    def _compare(self, event: Json) -> None:
        folded, told = (
            # A message without blocks has begun, but there is nothing to show of it.
            json.dumps([item for item in answers if item["blocks"]], sort_keys=True)
            for answers in (self.answers, event["messages"])
        )
        # Nothing was folded yet when the place is the one every turn begins at.
        if event["seq"] and folded != told:
            self.disagreements.append(
                f"turn {event['turn']} at {self.place}: "
                f"folded …{folded[-200:]}, told …{told[-200:]}"
            )

    def _fold(self, event: Json) -> None:
        match event["type"]:
            case "turn.queued" | "turn.started":
                self.row, self.retrying = dict(event["state"]), None
            case "turn.retrying":
                self.retrying = event
            case "block.started":
                self.retrying = None
                self._blocks_of(event).append(
                    {
                        "index": event["index"],
                        "block": event["block"],
                        "finished": False,
                    }
                )
            case "block.delta":
                _extend(self._entry(event), event["delta"])
            case "block.finished":
                _finish(self._entry(event))
            case "tool.waiting" | "tool.started" | "tool.finished":
                self.calls[event["call"]["id"]] = dict(event["call"])
            case "usage.updated":
                self.usage = {key: event[key] for key in ("usage", "cost_usd")}
            case closing if closing in CLOSING:
                self.row["state"] = CLOSING[closing]
                self.row["stop_reason"] = event.get("stop_reason", "")
                self.row["error"] = event.get("error")
                self._close(event["leaf"])

    def _close(self, leaf: str | None) -> None:
        self.is_closed, self.retrying, self.leaf = True, None, leaf
        for call in self.calls.values():
            if call["state"] in ("waiting", "running"):
                call["state"] = "cancelled"
        kept = [_kept(answer) for answer in self.answers]
        self.answers = [answer for answer in kept if answer["blocks"]]

    def _blocks_of(self, event: Json) -> list[Json]:
        """Return the blocks of the message that the event names, which may be new."""
        for answer in self.answers:
            if answer["id"] == event["message"]:
                break
        else:
            answer = {"id": event["message"], "round": event["round"], "blocks": []}
            self.answers.append(answer)
        blocks: list[Json] = answer["blocks"]
        return blocks

    def _entry(self, event: Json) -> Json:
        blocks = self._blocks_of(event)
        return next(item for item in blocks if item["index"] == event["index"])


def _extend(item: Json, delta: Json) -> None:
    block = item["block"]
    match delta["type"]:
        case "text_delta":
            block["text"] = block.get("text", "") + delta["text"]
        case "thinking_delta":
            block["thinking"] = block.get("thinking", "") + delta["thinking"]
        case "citations_delta":
            block["citations"] = [*block.get("citations", []), delta["citation"]]
        case "input_json_delta":
            item["json"] = item.get("json", "") + delta["partial_json"]


def _kept(answer: Json) -> Json:
    """Return what stays of a message: whole blocks, and the text of an open one."""
    blocks = [
        {**item, "finished": True}
        for item in answer["blocks"]
        if item["finished"]
        or (item["block"]["type"] == "text" and item["block"]["text"].strip())
    ]
    return {**answer, "blocks": blocks}


def _finish(item: Json) -> None:
    try:
        item["block"]["input"] = json.loads(item.pop("json", ""))
    except ValueError:
        pass  # no call, or one whose beginning was missed
    item["finished"] = True
