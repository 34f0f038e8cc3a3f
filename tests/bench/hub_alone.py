"""The hub without servers: `python -m tests.bench.hub_alone EVENTS` prints events/s.

A publisher's deltas go through numbering, encoding, the hub and a socket's outbox whose
`send` keeps nothing: what fanning out costs by itself.
"""

import asyncio
import os
import sys
from time import perf_counter
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
django.setup()

from conversations.consumers.outbox import Outbox  # noqa: E402
from conversations.protocol.events import BlockDelta  # noqa: E402
from conversations.turns.hub import Encoded, conversation_topic, hub  # noqa: E402

TOPICS = 100


class Listener:
    """A tab without a socket."""

    def __init__(self) -> None:
        self.outbox = Outbox(self._send, lambda _turns: None)
        self.frames = 0

    def deliver(self, events: list[Encoded]) -> None:
        self.outbox.put(events)

    async def _send(self, _frame: str) -> None:
        self.frames += 1


async def fan_out(events: int) -> float:
    """Publish to a hundred conversations in turn; return events per second."""
    listeners = [Listener() for _ in range(TOPICS)]
    places = [uuid4() for _ in listeners]
    tasks = [asyncio.ensure_future(listener.outbox.run()) for listener in listeners]
    for listener, place in zip(listeners, places, strict=True):
        hub.subscribe(conversation_topic(place), listener)
    began = perf_counter()
    for number in range(events):
        place = places[number % TOPICS]
        delta = BlockDelta(
            turn=place,
            conversation=place,
            epoch=1,
            seq=number,
            message=place,
            index=0,
            delta={"type": "text_delta", "text": "some twenty letters"},
        )
        hub.publish(conversation_topic(place), [delta])
        if number % TOPICS == TOPICS - 1:
            await asyncio.sleep(0)
    while sum(listener.frames for listener in listeners) < events:  # noqa: ASYNC110
        await asyncio.sleep(0)
    seconds = perf_counter() - began
    for task in tasks:
        task.cancel()
    return events / seconds


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(fan_out(int(sys.argv[1]))):.0f}")
