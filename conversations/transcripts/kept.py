"""Entries that cannot change any more, as they were printed for an earlier page.

Memory of this process only: what is missing is read and rendered again.
"""

import sys
from collections.abc import Hashable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from conversations.models.kept import Kept

# ours: some 4,000 answers of ordinary length
MAX_KEPT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class KeptEntry:
    """An entry's markup. `model_name` is how its models were called in it."""

    html: SafeString
    models: tuple[str, ...] = ()
    model_name: str = ""

    @property
    def size_bytes(self) -> int:
        return sys.getsizeof(self.html)


# A key names everything that the markup depends on and that may change; no two
# conversations share one, because it holds the ids of messages.
type KeptEntries = Kept[Hashable, KeptEntry]

kept_entries: KeptEntries = Kept(MAX_KEPT_BYTES, lambda entry: entry.size_bytes)
