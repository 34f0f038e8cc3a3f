"""Notices everything that must never happen on a page: see `Watch`."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    WebError,
)

# Reported through the console, so that one listener hears of everything.
REPORT = """
window.addEventListener("securitypolicyviolation", (event) =>
  console.error(`securitypolicyviolation ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
for (const name of ["alert", "confirm", "prompt"])
  window[name] = () => console.error(`executed ${name}`);
"""
# A page that goes on, or away, gives up what it was loading.
GIVEN_UP = "net::ERR_ABORTED"
# The browser's own PDF viewer is an extension.
LOCAL = ("blob:", "data:", "about:", "chrome:", "chrome-extension:")
# Browsers of other versions know other features; to them the header says nothing new.
UNKNOWN_FEATURE = "Error with Permissions-Policy header: Unrecognized feature"
# The browser says so of every page that is closed while it still connects.
CLOSED_EARLY = "WebSocket is closed before the connection is established"


@dataclass
class Watch:
    """Collects the problems of one context. `allow` names those a test provokes."""

    origin: str
    problems: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    # Set when the test is over: its pages go away, whatever they are doing.
    is_closing: bool = False

    def start(self, context: BrowserContext) -> None:
        """Listen to a context in which REPORT runs."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def stop(self, context: BrowserContext) -> None:
        context.remove_listener("console", self._console)
        context.remove_listener("weberror", self._error)
        context.remove_listener("request", self._request)
        context.remove_listener("requestfailed", self._failed)
        context.remove_listener("response", self._response)

    def allow(self, *patterns: str) -> None:
        """Expect problems that match these patterns."""
        self.allowed += patterns

    @property
    def unexpected(self) -> list[str]:
        return [
            problem
            for problem in self.problems
            if not any(re.search(pattern, problem) for pattern in self.allowed)
        ]

    def _note(self, problem: str) -> None:
        self.problems.append(problem)

    def _console(self, message: ConsoleMessage) -> None:
        if message.text.startswith(UNKNOWN_FEATURE):
            return
        if self.is_closing and CLOSED_EARLY in message.text:
            return
        if message.type in ("error", "warning"):
            place = message.location["url"]
            self._note(f"console {message.type}: {message.text} ({place})")

    def _error(self, raised: WebError) -> None:
        self._note(f"error: {raised.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, *LOCAL)):
            self._note(f"foreign request: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != GIVEN_UP:
            self._note(f"failed request: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"status {response.status}: {response.url}")
