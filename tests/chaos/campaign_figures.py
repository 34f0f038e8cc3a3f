"""Figures of a campaign, and what it found wrong."""

from collections import Counter
from collections.abc import Sequence

SHOWN_FINDINGS = 20


class Findings:
    """What was found wrong: by kind, with the first few in words."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._lines: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def add(self, kind: str, what: str) -> None:
        self._kinds[kind] += 1
        self._lines.append(f"WRONG ({kind}): {what}")

    def check(self, is_right: bool, otherwise: str, kind: str = "text") -> None:
        if not is_right:
            self.add(kind, otherwise)

    def count(self, *kinds: str) -> int:
        return sum(self._kinds[kind] for kind in kinds)

    def lines(self) -> list[str]:
        more = len(self._lines) - SHOWN_FINDINGS
        rest = [f"WRONG: {more} more like these"] if more > 0 else []
        return self._lines[:SHOWN_FINDINGS] + rest


def percentile(numbers: Sequence[float], percent: float) -> float:
    """Return the nearest rank; 0 of nothing."""
    ranked = sorted(numbers)
    if not ranked:
        return 0.0
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


def seconds(number: float) -> str:
    return f"{number:.2f} s"
