"""The page knows every event that the server can send."""

import re

from conversations.protocol.events import EVENTS
from tests.js.site import ROOT


def test_the_store_handles_every_event() -> None:
    source = (ROOT / "static/js/store.js").read_text()
    table = source.partition("export const HANDLERS = {")[2].partition("};")[0]

    handled = re.findall(r'^  "?([a-z.]+)"?:', table, re.MULTILINE)

    assert sorted(handled) == sorted(EVENTS)
