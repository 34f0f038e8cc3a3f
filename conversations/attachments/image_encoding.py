"""Which form a picture is sent in: lossless while it is small, else as good as fits."""

from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from conversations.attachments.limits import (
    MAX_LOSSLESS_BYTES,
    MAX_SENT_IMAGE_BYTES,
    THUMBNAIL_SIDE_PIXELS,
)

WEBP_QUALITIES = (90, 60)
WEBP_METHOD = 1  # effort of the encoder: twice as fast as its default, 5 % larger
# The last is below the limit for pure noise of the largest size.
JPEG_QUALITIES = (90, 80, 65, 40)
FULL_COLOUR_QUALITY = 90  # from here on, colour keeps every pixel: red text stays sharp


def encode(picture: Image.Image, *, try_lossless: bool) -> tuple[str, bytes]:
    """Return media type and bytes of an L, RGB or RGBA picture."""
    picture = _without_empty_alpha(picture)
    if try_lossless or picture.mode == "RGBA":
        content = _save(picture, "PNG")
        if len(content) <= MAX_LOSSLESS_BYTES:
            return "image/png", content
    candidates = _lossy(picture)
    media_type, content = next(candidates)
    while len(content) > MAX_SENT_IMAGE_BYTES:
        media_type, content = next(candidates)
    return media_type, content


def _lossy(picture: Image.Image) -> Iterator[tuple[str, bytes]]:
    if picture.mode == "RGBA":
        for quality in WEBP_QUALITIES:
            yield (
                "image/webp",
                _save(picture, "WEBP", quality=quality, method=WEBP_METHOD),
            )
        picture = _on_white(picture)
    for quality in JPEG_QUALITIES:
        subsampling = 0 if quality >= FULL_COLOUR_QUALITY else 2
        yield (
            "image/jpeg",
            _save(picture, "JPEG", quality=quality, subsampling=subsampling),
        )


def thumbnail(picture: Image.Image) -> bytes:
    """Return a small WebP of the picture."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE_PIXELS, THUMBNAIL_SIDE_PIXELS))
    return _save(small, "WEBP", quality=80)


def _without_empty_alpha(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        return picture.convert("RGB")
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", picture.size, "white")
    sheet.paste(picture, mask=picture.getchannel("A"))
    return sheet


def _save(picture: Image.Image, name: str, **options: int | bool) -> bytes:
    stream = BytesIO()
    picture.save(stream, name, **options)
    return stream.getvalue()
