"""What some turns used together, as the footer of an answer shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property

from conversations.models import Turn
from conversations.usage.totals import total


@dataclass
class Spending:
    """Tokens, money and time of all rounds of some turns."""

    turns: Sequence[Turn]

    @cached_property
    def usage(self) -> dict[str, Any] | None:
        """Summed over the rounds; None when nothing was booked."""
        records = [record for turn in self.turns for record in turn.usage.all()]
        return total(records) if records else None

    @property
    def input_tokens(self) -> int:
        """All that was read, from the cache or not."""
        names = (
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        )
        return sum(self.usage[name] for name in names) if self.usage else 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + (self.usage["output_tokens"] if self.usage else 0)

    @property
    def duration_seconds(self) -> float | None:
        durations = [turn.duration_seconds for turn in self.turns]
        known = [seconds for seconds in durations if seconds is not None]
        return sum(known) if known else None
