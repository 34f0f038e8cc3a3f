import re

from tests.serving import ROOT

SPRITE = ROOT / "static/img/icons.svg"


def test_the_sprite_holds_exactly_the_icons_that_templates_draw() -> None:
    drawn = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)" %}', template.read_text())
    }

    assert set(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text())) == drawn
