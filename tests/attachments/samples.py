"""Uploads, good and hostile, made by code."""

import hashlib
import os
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

PADDING = bytes.fromhex(
    "28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A"
)


def picture(
    picture_format: str,
    size: tuple[int, int] = (40, 30),
    mode: str = "RGB",
    **save: Any,
) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return encoded(image.convert(mode), picture_format, **save)


def encoded(image: Image.Image, picture_format: str, **save: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, picture_format, **save)
    return stream.getvalue()


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """Return a picture that no encoder can make small."""
    count = size[0] * size[1] * len(mode)
    return Image.frombytes(mode, size, os.urandom(count))


def photograph_on_its_side() -> bytes:
    """Return a landscape JPEG whose EXIF says: turn right; and which names a place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at 52.5 N 13.4 E"
    return picture("JPEG", (60, 40), quality=95, exif=exif, comment=b"secret comment")


def png_with_header(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc(kind + body))
        for kind, body in [
            (b"IHDR", header),
            (b"IDAT", zlib.compress(bytes(1000))),
            (b"IEND", b""),
        ]
    )


def crc(content: bytes) -> int:
    return zlib.crc32(content)


def jpeg_with_header(width: int, height: int) -> bytes:
    """Return a small JPEG whose frame header claims another size."""
    content = bytearray(picture("JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def gif_with_header(width: int, height: int) -> bytes:
    """Return a small GIF whose screen claims another size."""
    content = bytearray(picture("GIF"))
    content[6:10] = struct.pack("<HH", width, height)
    return bytes(content)


def webp_with_header(width: int, height: int) -> bytes:
    """Return a small extended WebP whose canvas claims another size."""
    content = bytearray(picture("WEBP", mode="RGBA", exif=b"Exif\x00\x00MM\x00*"))
    assert content[12:16] == b"VP8X"
    content[24:27] = (width - 1).to_bytes(3, "little")
    content[27:30] = (height - 1).to_bytes(3, "little")
    return bytes(content)


def pdf(pages: int = 1, *, count: int | None = None, trailer: bytes = b"") -> bytes:
    """Return a PDF with a line of text on each page; `count` is what it claims."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * index) for index in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (kids, pages if count is None else count),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for index in range(pages):
        text = b"BT /F1 24 Tf 72 700 Td (Page %d) Tj ET" % (index + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * index)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text))
    return _assembled(objects, trailer)


def _assembled(objects: list[bytes], trailer: bytes) -> bytes:
    content = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, trailer, len(content))
    )


def encrypted_pdf(password: bytes) -> bytes:
    """Return a PDF protected by the standard handler, revision 2 (40-bit RC4).

    With an empty password everybody can open it, but it is encrypted all the same.
    """
    permissions = struct.pack("<i", -4)
    owner_key = hashlib.md5((b"owner" + PADDING)[:32], usedforsecurity=False).digest()
    padded = (password + PADDING)[:32]
    owner = _rc4(owner_key[:5], padded)
    identity = b"0123456789abcdef"
    key = hashlib.md5(padded + owner + permissions + identity, usedforsecurity=False)
    user = _rc4(key.digest()[:5], PADDING)
    return pdf(
        trailer=b"/ID [<%s> <%s>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> "
        b"/U <%s> /P -4 >>"
        % tuple(part.hex().encode() for part in (identity, identity, owner, user))
    )


def _rc4(key: bytes, content: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in content:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
