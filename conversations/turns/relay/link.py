"""This process's two connections to Redis, kept up: one speaks, one listens.

One connection speaks, so that what a process says is heard in its order. Whatever
breaks on either one ends both; what waited is dropped, and they are opened again.
"""

import asyncio
import contextvars
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from .wire import EVERYBODY, VERSION, Letter, Parcel, Pulse, unpack

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.005  # ours: with 9,000 events/s about 45 of them share a PUBLISH
TIMEOUT_SECONDS = 5.0  # ours: for a connection, or the answer to a PUBLISH
STOP_SECONDS = 2.0  # ours: the process has to end in time
PULSE_SECONDS = 1.0
SILENCE_SECONDS = 5.0  # ours: two such in a row are the end of a connection
FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 2.0  # between attempts to connect
# ours: 5 s of 9,000 events/s; more waits only when Redis hangs
MAX_WAITING_BYTES = 16 * 1024 * 1024


class LinkLost(Exception):
    """Redis is there, but messages do not pass."""


class Listener(Protocol):
    """Whom the link tells what it hears. Nothing of it may wait or raise."""

    def came_up(self) -> None: ...

    def went_down(self, error: Exception) -> None: ...

    def took(self, sender: str, letters: list[Letter]) -> None: ...

    def sent(self) -> None: ...

    def reached_nobody(self, process: str) -> None: ...


class RedisLink:
    """Sends letters to processes by their name, at most once per tick each."""

    def __init__(
        self, url: str, *, process: str, namespace: str, listener: Listener
    ) -> None:
        parse_url(url)  # A wrong one is for who starts the server, not for later.
        self._url = url
        self._process = process
        self._prefix = f"colloquy:{VERSION}:{namespace}:"
        self._listener = listener
        self._parcels: dict[str, Parcel] = {}
        # Who has said something since the last message left here.
        self._heard: set[str] = set()
        self._wake = asyncio.Event()
        self._has_tried = asyncio.Event()
        self._is_overrun = False
        self._is_publishing = False
        self._task: asyncio.Task[None] | None = None
        self.is_up = False
        self.waiting_bytes = 0

    async def start(self) -> None:
        """Begin to connect, for ever; return when the first attempt has ended."""
        self._task = asyncio.get_running_loop().create_task(
            self._keep_up(), name="relay", context=contextvars.Context()
        )
        await self._has_tried.wait()

    async def stop(self) -> None:
        """Send what waits and hang up."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_SECONDS
        while self.is_up and (self._parcels or self._is_publishing):
            if loop.time() > deadline:
                break
            await asyncio.sleep(TICK_SECONDS)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.is_up = False

    def send(self, process: str, letter: Letter) -> None:
        """Have a letter sent; returns at once. Without a connection it is dropped."""
        if not self.is_up or self._is_overrun:
            return
        parcel = self._parcels.get(process)
        if parcel is None:
            parcel = self._parcels[process] = Parcel()
        self.waiting_bytes += parcel.add(letter)
        if self.waiting_bytes > MAX_WAITING_BYTES:
            self._parcels.clear()
            self._is_overrun = True
        self._wake.set()

    async def _keep_up(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async with self._connected() as (client, pubsub):
                    pause = FIRST_PAUSE_SECONDS
                    self._come_up()
                    await self._work(client, pubsub)
            except* Exception as group:  # noqa: BLE001  nothing may cut us off for good
                self._go_down(_first_of(group))
            # Jitter, so that all processes do not come back in the same moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(MAX_PAUSE_SECONDS, 2 * pause)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[Redis, PubSub]]:
        client: Redis = Redis.from_url(
            self._url,
            decode_responses=True,
            protocol=2,
            client_name=self._process,  # for who looks at CLIENT LIST
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            # A command that is repeated on a new connection would change the order.
            retry=Retry(NoBackoff(), 0),
        )
        try:
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(self._name(EVERYBODY), self._name(self._process))
                await _confirmed(pubsub, channels=2)
                await client.ping()
                yield client, pubsub
        finally:
            await client.aclose()

    async def _work(self, client: Redis, pubsub: PubSub) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._speak(client))
            tasks.create_task(self._listen(pubsub))
            tasks.create_task(self._beat())

    def _come_up(self) -> None:
        self.is_up = True
        self._listener.came_up()
        self._has_tried.set()

    def _go_down(self, error: Exception) -> None:
        if self.is_up or not self._has_tried.is_set():
            logger.warning(
                "Redis is away, turns go on: %s %s", type(error).__name__, error
            )
        self.is_up = self._is_overrun = False
        self._parcels.clear()
        self.waiting_bytes = 0
        self._listener.went_down(error)
        self._has_tried.set()

    async def _speak(self, client: Redis) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._is_overrun:
                raise LinkLost("More waits to be sent than Redis takes.")
            self._is_publishing = True
            try:
                await self._publish(client)
            finally:
                self._is_publishing = False
            self._listener.sent()
            # What comes meanwhile goes together.
            await asyncio.sleep(TICK_SECONDS)

    async def _publish(self, client: Redis) -> None:
        parcels, self._parcels = self._parcels, {}
        self.waiting_bytes = 0
        self._heard.clear()
        # A turn's last words to its watchers go before what is said of it to all.
        targets = sorted(parcels, key=lambda process: process == EVERYBODY)
        pipeline = client.pipeline(transaction=False)
        for process in targets:
            message = parcels[process].pack(self._process)
            pipeline.publish(self._name(process), message)
        for process, count in zip(targets, await pipeline.execute(), strict=True):
            if count:
                continue
            if process in (self._process, EVERYBODY):
                raise LinkLost("Redis has forgotten what this process listens to.")
            # One that was away for a moment and asks anew meanwhile is not gone.
            if process not in self._heard:
                self._listener.reached_nobody(process)

    async def _listen(self, pubsub: PubSub) -> None:
        silences = 0
        # One silence may be ours: of a process that was stopped for a while.
        while silences < 2:
            message = await pubsub.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                silences += 1
            else:
                silences = 0
                self._take(message)
        raise LinkLost("Redis fell silent.")

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] != "message":
            return
        try:
            sender, letters = unpack(message["data"])
        except (ValueError, TypeError, LookupError, StopIteration) as error:
            logger.warning("Another process said something unreadable: %r", error)
            return
        self._heard.add(sender)
        # What is said to all comes back to who says it.
        if sender != self._process or message["channel"] != self._name(EVERYBODY):
            self._listener.took(sender, letters)

    async def _beat(self) -> None:
        while True:
            self.send(self._process, Pulse())
            await asyncio.sleep(PULSE_SECONDS)

    def _name(self, process: str) -> str:
        return self._prefix + process


async def _confirmed(pubsub: PubSub, *, channels: int) -> None:
    """Wait until Redis has confirmed the subscriptions."""
    while channels:
        message = await pubsub.get_message(timeout=TIMEOUT_SECONDS)
        if message is None:
            raise LinkLost("Redis does not confirm the subscription.")
        channels -= message["type"] == "subscribe"


def _first_of(error: BaseException) -> Exception:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
