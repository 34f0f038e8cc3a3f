"""What some turns used together, as the footer of an answer shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property

from conversations.models import Purpose, Turn
from conversations.usage.totals import hit_rate, total
from conversations.usage.words import reason_of_miss, served_names, unpriced_names


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
    def hit_rate(self) -> float | None:
        """The part of what was read that came from the cache."""
        return hit_rate(self.usage) if self.usage else None

    @cached_property
    def misses(self) -> list[tuple[int, str]]:
        """How many tokens the cache had no more, and why, as half a sentence."""
        records = (record for turn in self.turns for record in turn.usage.all())
        missed = [record.cache_miss for record in records if record.cache_miss]
        return [(miss["tokens"], reason_of_miss(miss)) for miss in missed]

    @property
    def used_cache(self) -> bool:
        """Whether anything was read from the cache, or written to it."""
        names = ("cache_creation_input_tokens", "cache_read_input_tokens")
        return any(self.usage[name] for name in names) if self.usage else False

    @property
    def unpriced(self) -> list[str]:
        """What is not known of the cost, in words."""
        return unpriced_names(self.usage["unpriced"]) if self.usage else []

    @property
    def served(self) -> list[str]:
        """How Claude says that it served the rounds, unless it was as usual."""
        records = [record for turn in self.turns for record in turn.usage.all()]
        return served_names(
            record.usage for record in records if record.purpose == Purpose.ANSWER
        )

    @property
    def duration_seconds(self) -> float | None:
        durations = [turn.duration_seconds for turn in self.turns]
        known = [seconds for seconds in durations if seconds is not None]
        return sum(known) if known else None
