"""From decoded pixels to the pixels that are sent: fewer, upright, in sRGB."""

import math
from io import BytesIO

from PIL import Image, ImageCms

STRIP_PIXELS = 64  # height of the band that is converted at a time

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def shrink(image: Image.Image, side_pixels: int) -> Image.Image:
    """Return `image` with a long edge of at most `side_pixels`, and let go of it.

    Works in bands, so that a large picture with transparency or a palette does not
    exist several times at once.
    """
    width, height = image.size
    scale = min(1.0, side_pixels / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # A JPEG decodes at the smallest fraction of its size that is enough.
    image.draft(None, size)
    image.load()
    # Averaging does the coarse part, the slower filter at least the last quarter.
    factor = max(1, int(max(image.size) / (1.25 * side_pixels)))
    coarse = _average(image, factor)
    box = (0, 0, image.width / factor, image.height / factor)
    image.close()
    if coarse.size == size:
        return coarse
    return coarse.resize(size, Image.Resampling.LANCZOS, box=box)


def _average(image: Image.Image, factor: int) -> Image.Image:
    mode = _working_mode(image)
    size = (math.ceil(image.width / factor), math.ceil(image.height / factor))
    canvas = Image.new(mode, size)
    rows = STRIP_PIXELS * factor
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        band = _convert(image.crop((0, top, image.width, bottom)), mode)
        canvas.paste(band.reduce(factor), (0, top // factor))
    return canvas


def _working_mode(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    if image.mode in ("1", "L", "I", "I;16", "F"):
        return "L"
    return "CMYK" if image.mode == "CMYK" else "RGB"


def _convert(band: Image.Image, mode: str) -> Image.Image:
    if band.mode in ("I", "I;16"):
        # Pillow would cut 16 bits off at 255 instead of scaling them.
        band = band.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return band.convert(mode)


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB; without a usable profile its numbers are kept."""
    target = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            return ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode=target,
            ) or picture.convert(target)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken or foreign profile: the colours are a little off, no more
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def turn_upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Return the picture as the camera's EXIF orientation (1 to 8) means it."""
    turn = TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)
