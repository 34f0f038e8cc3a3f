"""What can be truly said about a picture: its format, size and colours."""

import io
from dataclasses import dataclass

from PIL import Image

SAMPLE_SIDE = 48  # pixels; enough for shares of colour, quick for any picture
NAMED_COLOURS = {
    "black": (15, 15, 15),
    "dark grey": (75, 75, 75),
    "grey": (135, 135, 135),
    "light grey": (200, 200, 200),
    "white": (248, 248, 248),
    "red": (205, 35, 35),
    "dark red": (110, 20, 25),
    "orange": (235, 135, 35),
    "brown": (115, 75, 45),
    "beige": (220, 200, 170),
    "yellow": (240, 215, 60),
    "olive": (115, 115, 45),
    "green": (45, 160, 60),
    "dark green": (25, 75, 40),
    "light green": (160, 215, 150),
    "turquoise": (60, 190, 190),
    "teal": (20, 100, 110),
    "light blue": (150, 200, 235),
    "blue": (45, 90, 210),
    "dark blue": (25, 35, 95),
    "purple": (120, 55, 150),
    "violet": (190, 150, 215),
    "pink": (240, 165, 185),
    "magenta": (205, 45, 140),
}


class UnreadablePicture(Exception):
    """The bytes are no picture that can be decoded."""


class HugePicture(Exception):
    """The picture has more pixels than anyone should decode."""


@dataclass(frozen=True)
class Colour:
    """A colour and the share of the picture that it covers."""

    name: str
    hex: str
    percent: int


@dataclass(frozen=True)
class Picture:
    """One picture of a request."""

    media_type: str
    width: int
    height: int
    colours: tuple[Colour, ...]

    @property
    def shape(self) -> str:
        """How it lies: portrait, landscape or square."""
        if self.width == self.height:
            return "square"
        return "landscape" if self.width > self.height else "portrait"


def read_picture(content: bytes, max_side: int) -> Picture:
    """Return the facts about a picture.

    Sides over `max_side` pixels are not decoded and come without colours.
    Raises UnreadablePicture and HugePicture.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            media_type = Image.MIME.get(image.format or "", "unknown")
            colours = () if max(width, height) > max_side else _colours(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise HugePicture(str(error)) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise UnreadablePicture(str(error)) from error
    return Picture(media_type, width, height, colours)


def _colours(image: Image.Image) -> tuple[Colour, ...]:
    # JPEG decoders can skip most of the work when a small copy is enough.
    image.draft("RGB", (SAMPLE_SIDE, SAMPLE_SIDE))
    opaque = Image.new("RGB", (SAMPLE_SIDE, SAMPLE_SIDE), "white")
    sample = image.convert("RGBA").resize((SAMPLE_SIDE, SAMPLE_SIDE))
    opaque.paste(sample, mask=sample.getchannel("A"))
    shares = _shares(opaque)
    return tuple(
        Colour(name, "#{:02x}{:02x}{:02x}".format(*rgb), percent)
        for name, (percent, rgb) in shares.items()
        if percent >= 4
    )[:4]


def _shares(sample: Image.Image) -> dict[str, tuple[int, tuple[int, int, int]]]:
    """Return the share and the mean of each named colour, largest first."""
    groups: dict[str, list[tuple[int, int, int]]] = {}
    content = sample.tobytes()
    for start in range(0, len(content), 3):
        red, green, blue = content[start : start + 3]
        groups.setdefault(_name(red, green, blue), []).append((red, green, blue))
    count = SAMPLE_SIDE * SAMPLE_SIDE
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return {name: (round(100 * len(rgb) / count), _mean(rgb)) for name, rgb in ordered}


def _name(red: int, green: int, blue: int) -> str:
    def distance(name: str) -> int:
        r, g, b = NAMED_COLOURS[name]
        return 3 * (red - r) ** 2 + 4 * (green - g) ** 2 + 2 * (blue - b) ** 2

    return min(NAMED_COLOURS, key=distance)


def _mean(group: list[tuple[int, int, int]]) -> tuple[int, int, int]:
    red, green, blue = (
        round(sum(channel) / len(group)) for channel in zip(*group, strict=True)
    )
    return red, green, blue
