"""The loop of rounds that answers a message. It knows no database and no socket."""

import asyncio
import random as dice
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from conversations.claude import ClaudeClient, ClaudeError, MessageSnapshot, Retry

MAX_ROUNDS = 25  # ours: far above any sensible chain of pauses
MAX_ATTEMPTS = 3  # of one round, while nothing of it was shown
FIRST_DELAY_SECONDS = 0.5
CONTINUES = frozenset({"pause_turn"})

type Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """A request goes out; a second attempt replaces all that came of the first."""

    number: int
    attempt: int
    snapshot: MessageSnapshot


@dataclass(frozen=True, slots=True)
class RequestNamed:
    """The upstream has answered: this is what it calls the request."""

    request_id: str | None


@dataclass(frozen=True, slots=True)
class Streamed:
    """One event of the API, already folded into the round's snapshot."""

    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The stream broke before anything was shown; the next attempt comes by itself."""

    error: ClaudeError
    attempt: int
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class RoundFinished:
    """message_stop was seen: the snapshot is the answer of this round."""

    is_last: bool


type Step = RoundStarted | RequestNamed | Streamed | AttemptFailed | RoundFinished
type Sleep = Callable[[float], Awaitable[None]]


class TooManyRounds(Exception):
    """Claude went on pausing past every sensible chain."""


class ToolNotOffered(Exception):
    """Claude called a tool that the conversation does not have."""


async def run_turn(
    client: ClaudeClient,
    params: Params,
    *,
    on_retry: Callable[[Retry], None] | None = None,
    sleep: Sleep = asyncio.sleep,
    random: Callable[[], float] = dice.random,
) -> AsyncGenerator[Step]:
    """Answer the last user message, yielding what happens until Claude is done.

    `params` is the body of the first request and grows by one assistant message per
    round. Raises ClaudeError when the API gives up, TooManyRounds and ToolNotOffered;
    cancellation closes the upstream stream and is passed on.
    """
    for number in range(1, MAX_ROUNDS + 1):
        attempts = _Attempts(client, params, number, on_retry, sleep, random)
        async with aclosing(attempts.run()) as steps:
            async for step in steps:
                yield step
        snapshot = attempts.snapshot
        is_last = snapshot.stop_reason not in CONTINUES
        if snapshot.stop_reason == "tool_use":
            raise ToolNotOffered
        yield RoundFinished(is_last)
        if is_last:
            return
        params["messages"] = [*params["messages"], snapshot.as_param()]
    raise TooManyRounds


@dataclass
class _Attempts:
    """One round, tried again as long as nothing of it was shown."""

    client: ClaudeClient
    params: Params
    number: int
    on_retry: Callable[[Retry], None] | None
    sleep: Sleep
    random: Callable[[], float]

    def __post_init__(self) -> None:
        self.snapshot = MessageSnapshot()
        self._is_open = False
        self._is_shown = False

    async def run(self) -> AsyncGenerator[Step]:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            self.snapshot = MessageSnapshot()
            self._is_open = False
            yield RoundStarted(self.number, attempt, self.snapshot)
            try:
                async with aclosing(self._stream()) as steps:
                    async for step in steps:
                        yield step
            except ClaudeError as error:
                if not self._may_retry(error, attempt):
                    raise
                delay = self._delay(attempt, error)
                yield AttemptFailed(error, attempt, delay)
                await self.sleep(delay)
            else:
                return

    async def _stream(self) -> AsyncGenerator[Step]:
        async with self.client.stream(self.params, on_retry=self.on_retry) as stream:
            self._is_open = True
            yield RequestNamed(stream.request_id)
            async for event in stream:
                self.snapshot.apply(event)
                self._is_shown |= event["type"] == "content_block_delta"
                yield Streamed(event)

    def _may_retry(self, error: ClaudeError, attempt: int) -> bool:
        # Before the first event the client has retried already.
        opened = self._is_open
        return (
            error.retryable and opened and not self._is_shown and attempt < MAX_ATTEMPTS
        )

    def _delay(self, attempt: int, error: ClaudeError) -> float:
        """Back off with jitter: one upstream trouble must not become a herd."""
        wait = FIRST_DELAY_SECONDS * 2 ** (attempt - 1) * (1 - 0.25 * self.random())
        return error.retry_after_seconds or wait
