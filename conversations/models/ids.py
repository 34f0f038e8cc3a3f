"""Keys that sort by the time they were made."""

import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits.

    Ids of one process always grow, also within a millisecond and when the clock is
    set back: versions and branches are ordered by them.
    """
    global _last  # noqa: PLW0603  the one thing that ids have to know of each other
    with _lock:
        _last = max(_fresh(), _last + 1 + secrets.randbits(32))
        value = _last
    # 74 bits of the counter go around the version (7) and the variant (binary 10).
    high, low = value >> 62, value & (1 << 62) - 1
    milliseconds, rand_a = high >> 12, high & 0xFFF
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | rand_a << 64 | 2 << 62 | low)


def _fresh() -> int:
    """Return the time in the upper 48 of 122 bits, the rest random."""
    return (time.time_ns() // 1_000_000) << 74 | secrets.randbits(74)
