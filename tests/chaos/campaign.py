"""What a campaign is: an experiment with a demand, and what came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# `short` is a few seconds and part of the test suite; `full` is what is published.
type Scale = Literal["short", "full"]


@dataclass(frozen=True)
class Result:
    """What one campaign measured.

    `measured` is one line for the table, in the order and units of `demand`; `details`
    are lines for whoever wants to know more, each failed demand among them.
    """

    name: str
    demand: str
    measured: str
    runs: int
    passed: bool
    seed: int
    seconds: float
    details: list[str] = field(default_factory=list)


# Scale, seed, and an empty folder for whatever the campaign needs to store.
type Campaign = Callable[[Scale, int, Path], Awaitable[Result]]
