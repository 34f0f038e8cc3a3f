"""Waiting for a database that is away: for what a running turn cannot do without."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .trouble import PASSING_ERRORS

logger = logging.getLogger(__name__)

FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 2.0

type Sleep = Callable[[float], Awaitable[None]]


async def surely[T](
    attempt: Callable[[], Awaitable[T]], sleep: Sleep = asyncio.sleep
) -> T:
    """Return what `attempt` returns, trying again while the database is away.

    A commit whose answer got lost is tried twice, so a write must recognise its own
    work.
    """
    delay = FIRST_DELAY_SECONDS
    while True:
        try:
            return await attempt()
        except PASSING_ERRORS as error:
            logger.warning("A turn has to wait for the database: %s", error)
        await sleep(delay)
        delay = min(2 * delay, LONGEST_DELAY_SECONDS)
