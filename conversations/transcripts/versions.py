"""The versions of a question or an answer, and which of them is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Versions:
    """Messages that stand in the same place, and which of them is shown."""

    ids: Sequence[UUID] = ()
    shown: UUID | None = None

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def has_several(self) -> bool:
        return self.count > 1

    @property
    def number(self) -> int:
        return self.ids.index(self.shown) + 1 if self.shown else 0

    @property
    def previous(self) -> UUID | None:
        return self.ids[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> UUID | None:
        return self.ids[self.number] if self.number < self.count else None
