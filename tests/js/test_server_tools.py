"""Cards of server tools: the browser says and draws the same as the server."""

import json
from typing import Any

from django.template.loader import render_to_string

from conversations.rendering.blocks import render_content
from conversations.views.blanks import BLANKS
from tests.golden import FOLDER
from tests.js.conftest import JsPage

MODULE = "/static/js/server-tools.js"
TEMPLATE = "conversations/blocks/server_tool.html"
EXAMPLES = json.loads((FOLDER / "server-tools.json").read_text())


def test_what_a_card_tells(js_shared_page: JsPage) -> None:
    told = {
        example["what"]: js_shared_page.call(
            MODULE, "describe", example["block"], example["result"], example["running"]
        )
        for example in EXAMPLES
    }

    assert told == {example["what"]: example["card"] for example in EXAMPLES}
    assert js_shared_page.complaints() == []


def test_both_draw_the_same_card(js_shared_page: JsPage) -> None:
    blank = render_to_string(TEMPLATE, {"card": BLANKS["server_tool"]})
    ended = [example for example in EXAMPLES if not example["running"]]
    drawn: dict[str, tuple[Any, Any]] = {}

    for example in ended:
        blocks = [block for block in (example["block"], example["result"]) if block]
        html = render_content(blocks, [], message_id=1)
        js_shared_page.site.pages["/rendered/"] = (
            f"<!doctype html><body>{html}<template>{blank}</template>"
        )
        drawn[example["what"]] = js_shared_page.call(
            "/tests-js/server-tool.js", "bothForms", "/rendered/", blocks
        )

    assert [
        what for what, (server, browser) in drawn.items() if server != browser
    ] == []
    assert js_shared_page.complaints() == []
