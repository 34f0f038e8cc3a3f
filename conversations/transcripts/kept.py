"""Entries that cannot change any more, as they were printed for an earlier page.

Memory of this process only: what is missing is read and rendered again.
"""

import sys
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

from django.utils.safestring import SafeString

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


class KeptEntries:
    """The entries printed last, up to `max_bytes` in all. Threads may share it.

    A key names everything that the markup depends on and that may change; no two
    conversations share one, because it holds the ids of messages.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Hashable, KeptEntry] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def find(self, key: Hashable) -> KeptEntry | None:
        """Return what was kept under `key`."""
        with self._lock:
            if entry := self._entries.get(key):
                self._entries.move_to_end(key)
            return entry

    def keep(self, key: Hashable, entry: KeptEntry) -> None:
        """Keep an entry, and let go of those that were used longest ago."""
        with self._lock:
            self._forget(key)
            self._entries[key] = entry
            self._bytes += entry.size_bytes
            while self._bytes > self._max_bytes:
                self._forget(next(iter(self._entries)))

    def _forget(self, key: Hashable) -> None:
        if entry := self._entries.pop(key, None):
            self._bytes -= entry.size_bytes


kept_entries = KeptEntries(MAX_KEPT_BYTES)
