"""One trouble hits many at once: they must not all come back at the same moment."""

import random
from collections.abc import Callable
from itertools import accumulate

import httpx
import pytest

from conversations.claude import ClaudeClient, Provider, UpstreamOverloaded

type Dice = Callable[[], float]

PEOPLE = 50
PARAMS = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}


async def moments_of(dice: Dice, **headers: str) -> list[float]:
    """Return when one client comes back: seconds after the trouble began."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    busy = httpx.MockTransport(lambda _: httpx.Response(529, headers=headers))
    client = ClaudeClient(Provider(), transport=busy, sleep=sleep, random=dice)
    with pytest.raises(UpstreamOverloaded):
        async with client.stream(PARAMS):
            pass
    return list(accumulate(waits))


async def herd(**headers: str) -> list[list[float]]:
    """Return the moments of the first return of all, of the second, and so on."""
    people = [
        await moments_of(random.Random(seed).random, **headers)
        for seed in range(PEOPLE)
    ]
    return [sorted(returns) for returns in zip(*people, strict=True)]


def most_within(seconds: float, moments: list[float]) -> int:
    """Return how many of the moments fall into the fullest stretch of time."""
    return max(
        sum(begin <= moment < begin + seconds for moment in moments)
        for begin in moments
    )


async def test_a_burst_of_529_is_answered_by_ever_looser_returns() -> None:
    returns = await herd()

    assert len(returns) == 4
    spreads = [moments[-1] - moments[0] for moments in returns]
    assert spreads == sorted(spreads)
    assert spreads[0] > 0.2
    assert spreads[-1] > 2.0
    # Evenly spread, 50 over the 0.25 s of the first return are 10 in each 0.05 s.
    assert most_within(0.05, returns[0]) <= 20
    assert most_within(0.05, returns[-1]) <= 6


@pytest.mark.parametrize(
    ("asked", "least_spread"), [(1.0, 0.7), (10.0, 4.5), (100.0, 4.5)]
)
async def test_nobody_is_early_and_not_all_come_when_the_wait_is_over(
    asked: float, least_spread: float
) -> None:
    first, *_ = await herd(**{"retry-after": str(asked)})

    assert first[0] >= asked
    assert first[-1] - first[0] > least_spread
    assert most_within(0.05, first) <= 12


async def test_the_dice_alone_spread_them() -> None:
    assert await moments_of(lambda: 0.5) == [0.375, 1.125, 2.625, 5.625]
