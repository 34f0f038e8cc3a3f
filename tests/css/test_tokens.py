import re

import pytest

from tests.serving import ROOT

SOURCE = (ROOT / "static/css/tokens.css").read_text()
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
TOKENS = {name: (light, dark) for name, light, dark in TOKEN.findall(SOURCE)}

BACKGROUNDS = ("bg", "panel", "raised", "code")
SYNTAX = [name for name in TOKENS if name.startswith("syntax-")]
# WCAG 2.2: 4.5 for text (1.4.3), 3 for borders of controls and for focus (1.4.11).
NEEDED = [
    *[(text, back, 4.5) for text in ("text", "muted") for back in BACKGROUNDS],
    *[
        (text, back, 4.5)
        for text in ("accent", "ok", "warn", "err")
        for back in ("bg", "panel", "raised")
    ],
    *[(name, "code", 4.5) for name in SYNTAX],
    ("on-accent", "accent", 4.5),
    ("text", "mark", 4.5),
    *[
        (line, back, 3.0)
        for line in ("control", "focus")
        for back in ("bg", "panel", "raised")
    ],
]


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: int) -> None:
    weak = [
        (front, back, round(contrast(TOKENS[front][theme], TOKENS[back][theme]), 2))
        for front, back, needed in NEEDED
        if contrast(TOKENS[front][theme], TOKENS[back][theme]) < needed
    ]

    assert weak == []
