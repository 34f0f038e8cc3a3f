"""Pictures: decoded within limits and encoded anew, once and for ever."""

import json
from collections.abc import Iterator

from PIL import Image

from conversations.attachments.errors import damaged
from conversations.attachments.image_encoding import encode, thumbnail
from conversations.attachments.image_header import damaged_picture, open_image
from conversations.attachments.limits import SENT_SIDE_PIXELS
from conversations.attachments.parts import Part
from conversations.attachments.pixels import shrink, to_srgb, turn_upright
from conversations.attachments.sniff import Format


def read_image(content: bytes, picture_format: Format) -> Iterator[Part]:
    """Yield the picture as Claude gets it, its facts, and a thumbnail.

    Only pixels survive: the first frame, upright, in sRGB, without metadata and
    without whatever else the file held. Raises UploadRefused.
    """
    try:
        picture = normalise(open_image(content, picture_format))
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise damaged_picture(picture_format) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise damaged(f"This picture is larger than it says: {error}.") from error
    # Lossy pictures grow as PNG; the others are mostly text and drawings.
    media_type, sent = encode(picture, try_lossless=picture_format != "jpeg")
    yield "sent", sent
    width, height = picture.size
    facts = {
        "kind": "image",
        "media_type": media_type,
        "width": width,
        "height": height,
    }
    yield "facts", json.dumps(facts).encode()
    yield "thumbnail", thumbnail(picture)


def normalise(image: Image.Image) -> Image.Image:
    """Return the first frame in RGB, RGBA or L, small enough, upright and bare."""
    # Read before the pixels are: decoding may drop them.
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    picture = shrink(image, SENT_SIDE_PIXELS)
    picture = to_srgb(picture, profile if isinstance(profile, bytes) else None)
    picture = turn_upright(picture, orientation)
    # Pillow would write the profile and other leftovers into the next file.
    picture.info.clear()
    return picture


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except (OSError, SyntaxError, ValueError, TypeError):
        return 1  # metadata that cannot be read is no reason to lose the picture
