"""Answers about pictures: their true size, shape and colours."""

from collections.abc import Sequence

from conversations.simulator.pictures import Picture

TIMES = "\N{MULTIPLICATION SIGN}"
FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WebP",
}


def describe_pictures(pictures: Sequence[Picture]) -> str:
    """Return markdown that says what is really known about the pictures."""
    if len(pictures) == 1:
        return _describe(pictures[0])
    rows = [
        f"| Image {number} | {FORMATS[p.media_type]} | {p.width} {TIMES} {p.height} | "
        f"{p.shape} | {_colours(p)} |"
        for number, p in enumerate(pictures, 1)
    ]
    head = [
        f"There are {len(pictures)} images in this conversation:\n",
        "| | Format | Pixels | Shape | Main colours |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + f"\n\n{_limits()}"


def _describe(picture: Picture) -> str:
    pixels = picture.width * picture.height / 1_000_000
    size = f"**{picture.width} {TIMES} {picture.height} pixels**"
    megapixels = f" ({pixels:.1f} megapixels)" if pixels >= 0.1 else ""
    lines = [
        f"The image is a {FORMATS[picture.media_type]} of {size}{megapixels}, "
        f"{picture.shape} in shape. Its main colours:\n"
    ]
    lines += [f"- {c.name} `{c.hex}`, about {c.percent} %" for c in picture.colours]
    return "\n".join(lines) + f"\n\n{_limits()}"


def _colours(picture: Picture) -> str:
    return ", ".join(f"{c.name} {c.percent} %" for c in picture.colours)


def _limits() -> str:
    return (
        "I measured this from the pixels. What the picture shows I cannot tell: that "
        "takes a real model."
    )
