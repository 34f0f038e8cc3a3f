"""May this picture be decoded: its size by its header, before any pixel."""

import warnings
from io import BytesIO

# Pillow loads the plug-ins of the other allowed formats by itself, but would load all
# forty to find this one.
import PIL.WebPImagePlugin  # noqa: F401
from PIL import Image

from conversations.attachments.errors import UploadRefused, damaged
from conversations.attachments.limits import (
    MAX_PIXELS,
    MAX_SIDE_PIXELS,
    MAX_WEBP_PIXELS,
)
from conversations.attachments.sniff import Format

NAMES = {"png": "PNG", "jpeg": "JPEG", "gif": "GIF", "webp": "WebP"}

# Our own check names the numbers; Pillow's stays on behind it, as an error.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def open_image(content: bytes, picture_format: Format) -> Image.Image:
    """Return the picture, not yet decoded.

    Raises UploadRefused when it is too large or cannot be read.
    """
    if picture_format == "webp":
        # Opening one already reserves its canvases.
        refuse_size(webp_size(content), picture_format)
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(BytesIO(content), formats=[picture_format])
    except (OSError, SyntaxError, ValueError) as error:
        raise damaged_picture(picture_format) from error
    refuse_size(image.size, picture_format)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    return image


def refuse_size(size: tuple[int, int], picture_format: Format) -> None:
    """Raise UploadRefused, with the numbers, for a picture of too many pixels."""
    width, height = size
    allowed = MAX_WEBP_PIXELS if picture_format == "webp" else MAX_PIXELS
    if max(size) > MAX_SIDE_PIXELS or width * height > allowed:
        raise UploadRefused(
            "image_too_large",
            f"This picture has {width:,} x {height:,} pixels, but a "
            f"{NAMES[picture_format]} may have at most {MAX_SIDE_PIXELS:,} on a side "
            f"and {allowed // 1_000_000} million in all. Attach a smaller copy.",
        )


def damaged_picture(picture_format: Format) -> UploadRefused:
    """Return the refusal of a picture that cannot be decoded."""
    return damaged(
        f"This file begins like a {NAMES[picture_format]} picture but cannot be read."
    )


def webp_size(content: bytes) -> tuple[int, int]:
    """Return width and height of the canvas, by the first chunk (RFC 9649)."""
    chunk = content[12:16]
    if len(content) < 30:
        raise damaged_picture("webp")
    if chunk == b"VP8X":
        return (_little(content[24:27]) + 1, _little(content[27:30]) + 1)
    if chunk == b"VP8L":
        bits = _little(content[21:25])
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if chunk == b"VP8 ":
        return (_little(content[26:28]) & 0x3FFF, _little(content[28:30]) & 0x3FFF)
    raise damaged_picture("webp")


def _little(content: bytes) -> int:
    return int.from_bytes(content, "little")
