"""What was made lately, kept in the memory of this process up to a limit."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class Kept[K, V]:
    """The values used last, up to `most` in all, as `size_of` counts one of them.

    What is missing has to be made again. Threads may share it.
    """

    def __init__(self, most: int, size_of: Callable[[V], int]) -> None:
        self._most = most
        self._size_of = size_of
        self._values: OrderedDict[K, V] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def find(self, key: K) -> V | None:
        """Return what was kept under `key`."""
        with self._lock:
            if (value := self._values.get(key)) is not None:
                self._values.move_to_end(key)
            return value

    def keep(self, key: K, value: V) -> None:
        """Keep a value in place of a former one; let go of those used longest ago."""
        with self._lock:
            self._forget(key)
            if (size := self._size_of(value)) > self._most:
                return  # It would push out all the others, and itself.
            self._values[key] = value
            self._size += size
            while self._size > self._most:
                self._forget(next(iter(self._values)))

    def _forget(self, key: K) -> None:
        if (value := self._values.pop(key, None)) is not None:
            self._size -= self._size_of(value)
