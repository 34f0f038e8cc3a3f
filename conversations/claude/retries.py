"""When a request is sent again, how often, and how long to wait before it."""

import email.utils
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from .errors import ClaudeError

MAX_RETRIES = 4  # ours: 4 to 8 s of waiting; SDK 2.12 gives up after 2
FIRST_DELAY_SECONDS = 0.5  # SDK 2.12
LONGEST_DELAY_SECONDS = 8.0  # SDK 2.12
# Ours: a delay is shortened by up to this part. The 0.25 of SDK 2.12 brings all whom one
# trouble has hit back within an eighth of a second.
JITTER = 0.5
LONGEST_WAIT_SECONDS = 120.0  # ours: above it a person is told instead
# What is added to a wait that the upstream asks for, or all would return at its end.
LONGEST_EXTRA_SECONDS = 5.0  # ours
# No retry begins later than this after the first request: each may be silent for long.
LONGEST_TRYING_SECONDS = 600.0  # ours

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retry:
    """One coming attempt: `attempt` counts retries from 1 and ends at `limit`."""

    attempt: int
    delay_seconds: float
    error: ClaudeError
    limit: int


type OnRetry = Callable[[Retry], None]
type Sleep = Callable[[float], Awaitable[object]]


class Retries:
    """The retries of one piece of work: one limit, whoever of its parts repeats it.

    The clock, the dice and the sleep are passed in.
    """

    def __init__(
        self,
        limit: int,
        *,
        sleep: Sleep,
        random: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
        on_retry: OnRetry | None = None,
    ) -> None:
        self.limit = limit
        self.used = 0
        self.sleep = sleep
        self._random = random
        self._clock = clock
        self._began = clock()
        self._on_retry = on_retry

    def next(self, error: ClaudeError) -> Retry | None:
        """Count and return the retry that follows an error; None to give up."""
        delay_seconds = delay_before_retry(error, self.used, self._random)
        if delay_seconds is None or self.used >= self.limit:
            return None
        if self._clock() - self._began + delay_seconds > LONGEST_TRYING_SECONDS:
            return None
        self.used += 1
        logger.info("Retry %d in %.1f s: %s", self.used, delay_seconds, error)
        return Retry(self.used, delay_seconds, error, self.limit)

    async def run[T](self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what `attempt` returns, repeating it after retryable errors.

        `on_retry` is called before each wait. Raises the last ClaudeError.
        """
        while True:
            try:
                return await attempt()
            except ClaudeError as error:
                if (retry := self.next(error)) is None:
                    raise
            if self._on_retry is not None:
                self._on_retry(retry)
            await self.sleep(retry.delay_seconds)


def delay_before_retry(
    error: ClaudeError, retries: int, random: Callable[[], float]
) -> float | None:
    """Return the seconds to wait after the `retries`-th retry, or None for never.

    A wait that the upstream asked for is never shortened, only drawn out a little. A
    long one is not sat out here: the error goes up and carries the number of seconds.
    """
    if not error.retryable:
        return None
    if error.retry_after_seconds is not None:
        wait = error.retry_after_seconds
        return _drawn_out(wait, random) if wait <= LONGEST_WAIT_SECONDS else None
    # The exponent is capped only against an overflow.
    doubled = FIRST_DELAY_SECONDS * 2.0 ** min(retries, 100)
    return min(doubled, LONGEST_DELAY_SECONDS) * (1 - JITTER * random())


def _drawn_out(wait: float, random: Callable[[], float]) -> float:
    extra = min(FIRST_DELAY_SECONDS + JITTER * wait, LONGEST_EXTRA_SECONDS)
    return wait + extra * random()


def is_retryable_status(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether this HTTP error is worth another attempt; the server may overrule."""
    verdict = headers.get("x-should-retry")
    if verdict in ("true", "false"):
        return verdict == "true"
    return status in (408, 409, 429) or status >= 500


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Return the wait that the server asks for, if it asks for one above zero.

    `retry-after-ms` is more exact and wins; `retry-after` holds seconds or an
    HTTP date, which `now` (seconds since 1970) is subtracted from.
    """
    seconds = _number(headers.get("retry-after-ms"))
    if seconds is not None:
        seconds /= 1000
    else:
        retry_after = headers.get("retry-after")
        seconds = _number(retry_after)
        if seconds is None and retry_after is not None:
            seconds = _seconds_until(retry_after, now)
    return seconds if seconds is not None and seconds > 0 else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds_until(http_date: str, now: float) -> float | None:
    parsed = email.utils.parsedate_tz(http_date)
    if parsed is None:
        return None
    try:
        return email.utils.mktime_tz(parsed) - now
    except (ValueError, OverflowError):
        return None
