"""How an answer arrives: its pace, and what goes wrong on the way."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from conversations.simulator.errors import ConnectionCut, RequestRejected
from conversations.simulator.scenarios import MID_STREAM, Scenario
from conversations.simulator.wire import Json, error_body, event_frame

GARBAGE = b'event: content_block_delta\ndata: {"type": "content_block_delta", "ind\n\n'
TROUBLE_AFTER = 80  # characters of text that come before trouble in mid-stream


@dataclass(frozen=True)
class Pace:
    """How fast an answer comes. The default is that of a quick model."""

    first_seconds: float = 0.3
    delta_seconds: float = 1 / 30
    batch_seconds: float = 15.0  # ours: a real batch takes minutes to a day
    tool_seconds: float = 1.5

    def scaled(self, factor: float) -> "Pace":
        """Return this pace with all waiting multiplied; 0 means none at all."""
        return Pace(
            self.first_seconds * factor,
            self.delta_seconds * factor,
            self.batch_seconds * factor,
            self.tool_seconds * factor,
        )


async def deliver(
    events: Iterator[Json],
    scenario: Scenario,
    pace: Pace,
    request_id: str,
    sleep: Callable[[float], Awaitable[object]],
) -> AsyncGenerator[bytes]:
    """Yield the frames of a stream at its pace, played by the scenario.

    Raises ConnectionCut where the connection shall break.
    """
    if "slow" in scenario.modifiers:
        pace = replace(pace, delta_seconds=scenario.number("seconds", 0.5))
    delay = pace.first_seconds
    for event in _played(events, scenario):
        if event["type"] == "content_block_delta":
            # At pace 0 this still gives the other tasks of the loop their turn.
            await sleep(delay)
            delay = pace.delta_seconds
        elif "tool_use_id" in event.get("content_block", {}):
            await sleep(pace.tool_seconds)
        yield event_frame(event)
    match scenario.name:
        case "cut":
            raise ConnectionCut("the simulated connection was cut")
        case "garbage":
            yield GARBAGE
        case "529-mid-stream":
            overloaded = RequestRejected("Overloaded", status=529)
            yield event_frame(error_body(overloaded, request_id))
        case "stall":
            while True:
                await _stalled(scenario, sleep)
                yield event_frame({"type": "ping"})


async def _stalled(
    scenario: Scenario, sleep: Callable[[float], Awaitable[object]]
) -> None:
    """Wait until the next ping if the scenario wants pings, else for ever."""
    if "pings" in scenario.options:
        await sleep(scenario.number("pings", 1))
    else:
        await asyncio.Event().wait()


def _played(events: Iterator[Json], scenario: Scenario) -> Iterator[Json]:
    """Yield the events that the scenario lets through."""
    if scenario.name == "empty":
        return iter(())
    if scenario.name == "no-message-stop":
        return (event for event in events if event["type"] != "message_stop")
    if scenario.name in MID_STREAM:
        return _first_characters(events, int(scenario.number("after", TROUBLE_AFTER)))
    return events


def _first_characters(events: Iterator[Json], limit: int) -> Iterator[Json]:
    """Yield the events up to `limit` characters of text, or to the answer's end."""
    for event in events:
        if event["type"] == "message_delta":
            return
        text = event.get("delta", {}).get("text")
        if text is None:
            yield event
            continue
        shown = text[:limit]
        limit -= len(shown)
        if shown:
            yield {**event, "delta": {**event["delta"], "text": shown}}
        if not limit:
            return
