"""When a request is sent again: the policy of the official SDK."""

import email.utils
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from .errors import ClaudeError

FIRST_DELAY_SECONDS = 0.5  # SDK 2.12
LONGEST_DELAY_SECONDS = 8.0  # SDK 2.12
JITTER = 0.25  # SDK 2.12: a delay is shortened by up to this part
LONGEST_WAIT_SECONDS = 120.0  # ours: above it a person is told instead

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retry:
    """One coming attempt: `attempt` counts retries from 1."""

    attempt: int
    delay_seconds: float
    error: ClaudeError


@dataclass(frozen=True)
class RetryPolicy:
    """How often to try again, with the clock and the dice passed in."""

    max_retries: int
    sleep: Callable[[float], Awaitable[object]]
    random: Callable[[], float]

    async def run[T](
        self,
        attempt: Callable[[], Awaitable[T]],
        on_retry: Callable[[Retry], None] | None = None,
    ) -> T:
        """Return what `attempt` returns, repeating it after retryable errors.

        `on_retry` is called before each wait. Raises the last ClaudeError.
        """
        retries = 0
        while True:
            try:
                return await attempt()
            except ClaudeError as error:
                delay_seconds = delay_before_retry(error, retries, self.random)
                if retries == self.max_retries or delay_seconds is None:
                    raise
                retries += 1
                retry = Retry(retries, delay_seconds, error)
            logger.info("Retry %d in %.1f s: %s", retries, delay_seconds, retry.error)
            if on_retry is not None:
                on_retry(retry)
            await self.sleep(delay_seconds)


def delay_before_retry(
    error: ClaudeError, retries: int, random: Callable[[], float]
) -> float | None:
    """Return the seconds to wait after the `retries`-th retry, or None for never.

    A wait that the upstream asked for is neither shortened nor, when it is
    long, sat out here: the error goes up and carries the number of seconds.
    """
    if not error.retryable:
        return None
    if error.retry_after_seconds is not None:
        wait = error.retry_after_seconds
        return wait if wait <= LONGEST_WAIT_SECONDS else None
    # The exponent is capped only against an overflow.
    doubled = FIRST_DELAY_SECONDS * 2.0 ** min(retries, 100)
    return min(doubled, LONGEST_DELAY_SECONDS) * (1 - JITTER * random())


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
