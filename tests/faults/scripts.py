"""What a fault script is: what the upstream does, and what must come of it."""

from dataclasses import dataclass, field
from typing import Any

from .wire import ANSWER, SOUND, Attempt

RETRIES = 4  # of one request, as docs/protocol.md has the `limit` of turn.retrying
ATTEMPTS = RETRIES + 1


@dataclass(frozen=True)
class Ends:
    """How the turn ends: what a person, the books and the upstream see of it."""

    state: str = "completed"
    error: str | None = None
    action: str | None = None
    text: str = ANSWER
    stop_reason: str = "end_turn"
    requests: int = 1
    # Rows of usage, and how many of them are estimates.
    booked: int = 1
    estimated: int = 0


@dataclass(frozen=True)
class Script:
    """One misbehaviour. The n-th request of a turn meets the n-th attempt.

    A request beyond the last one meets the last one again.
    """

    name: str
    attempts: list[Attempt]
    ends: Ends = field(default_factory=Ends)
    # Seconds that the upstream asks to wait: no retry may come earlier.
    asks: float = 0.0
    # Whether the client has to lose its patience before anything goes on.
    stalls: bool = False
    # Whether it takes minutes where nobody turns the clock.
    is_long: bool = False
    # How many of the requests are no retries.
    rounds: int = 1
    # What the error's sentence has to hold.
    says: str = ""

    @property
    def retries(self) -> int:
        return self.ends.requests - self.rounds

    def __str__(self) -> str:
        return self.name


def sound(name: str, *attempts: Attempt, rounds: int = 1, **facts: Any) -> Script:
    """Return a script of which a person notices nothing."""
    ends = Ends(**{"requests": rounds, "booked": rounds} | facts)
    return Script(name, list(attempts), ends, rounds=rounds)


def retried(
    name: str, *attempts: Attempt, asks: float = 0.0, booked: int = 1, **facts: Any
) -> Script:
    """Return a script whose attempts all fail before anything is shown, and then none."""
    ends = Ends(requests=len(attempts) + 1, booked=booked, estimated=booked - 1)
    return Script(name, [*attempts, SOUND], ends, asks=asks, **facts)


def failed(
    name: str,
    *attempts: Attempt,
    error: str,
    action: str = "retry",
    says: str = "",
    asks: float = 0.0,
    stalls: bool = False,
    is_long: bool = False,
    rounds: int = 1,
    **facts: Any,
) -> Script:
    """Return a script that ends in a failure; nothing of an answer is kept."""
    usual: Any = {"text": "", "stop_reason": "", "booked": 0, "requests": ATTEMPTS}
    ends = Ends("failed", error, action, **usual | facts)
    return Script(
        name,
        list(attempts),
        ends,
        asks=asks,
        stalls=stalls,
        is_long=is_long,
        rounds=rounds,
        says=says,
    )


def broken(name: str, *attempts: Attempt, **facts: Any) -> Script:
    """Return one that fails after something was shown: one request, no second."""
    facts = {"requests": 1, "booked": 1, "estimated": 1} | facts
    return failed(name, *attempts, **facts)


def unbegun(name: str, *attempts: Attempt, **facts: Any) -> Script:
    """Return one that fails in every attempt, after the upstream had begun to count."""
    facts = {"booked": ATTEMPTS, "estimated": ATTEMPTS} | facts
    return failed(name, *attempts, **facts)
