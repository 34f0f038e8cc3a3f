"""Writing frames of AWS's binary event stream.

A frame is: total length, length of the headers, checksum of these two; headers; payload;
checksum of all. Numbers are 32 bits, the highest byte first.
"""

import struct
import zlib
from collections.abc import Mapping

STRING = 7  # the type of all headers here


def encode_message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one frame."""
    head = b"".join(_header(name, text) for name, text in headers.items())
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    frame = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + payload
    return frame + struct.pack("!I", zlib.crc32(frame))


def _header(name: str, text: str) -> bytes:
    return (
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", STRING, len(text.encode()))
        + text.encode()
    )
