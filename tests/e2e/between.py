"""What stands between a page's socket and the server, and does what a test wants."""

import json
import re
from typing import Any

from playwright.sync_api import BrowserContext, Page, WebSocketRoute

type Json = dict[str, Any]


class Between:
    """Passes frames on, unless it is `away`, or is to refuse or to keep some."""

    def __init__(self, place: Page | BrowserContext) -> None:
        self.is_away = False
        # Commands that are answered with this error object instead of being passed on.
        self.refusals: dict[str, Json] = {}
        # Commands that are kept here instead of being passed on.
        self.keeps: set[str] = set()
        self.kept: list[Json] = []
        self._pages: list[WebSocketRoute] = []
        place.route_web_socket(re.compile(r"/ws/$"), self._opened)

    def leave(self) -> None:
        """Break every connection and refuse new ones; pages and files still load."""
        self.is_away = True
        pages, self._pages = self._pages, []
        for page in pages:
            page.close(code=1013)

    def come_back(self) -> None:
        """Let new connections through."""
        self.is_away = False

    def say(self, *events: Json) -> None:
        """Tell every page something, as the server would."""
        for page in self._pages:
            page.send(json.dumps(events))

    def _opened(self, page: WebSocketRoute) -> None:
        if self.is_away:
            page.close(code=1013)
            return
        self._pages.append(page)
        server = page.connect_to_server()
        page.on_message(lambda frame: self._asked(page, server, frame))

    def _asked(
        self, page: WebSocketRoute, server: WebSocketRoute, frame: str | bytes
    ) -> None:
        command: Json = json.loads(frame)
        name = command["type"]
        if error := self.refusals.get(name):
            rejection = {"type": "command.rejected", "command": name, "error": error}
            page.send(json.dumps([rejection | {"client_id": command.get("client_id")}]))
        elif name in self.keeps:
            self.kept.append(command)
        else:
            server.send(frame)
