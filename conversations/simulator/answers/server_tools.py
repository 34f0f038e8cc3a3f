"""Plays the tools that the API runs itself: calls, results, and what is said of them.

A scenario names them: `[simulate: web_search query=grass+and+bees times=2]`,
`[simulate: web_fetch url=https://example.org/]`, `[simulate: code files=1]`,
`[simulate: tool_search query=weather]`, each with `error=` and a code of the API. So do
plain words, when the tool is declared: "Search the web for …", a page's address, "Run …".
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conversations.simulator.answers.question import Question
from conversations.simulator.answers.server_tools_pages import (
    Page,
    find_pages,
    is_allowed,
)
from conversations.simulator.errors import RequestRejected
from conversations.simulator.made_files import made_file_id
from conversations.simulator.prefix import content_blocks
from conversations.simulator.scenarios import SERVER_TOOLS, Scenario
from conversations.simulator.wire import Block, Json

SEARCH = re.compile(
    r"\b(?:search|look up|google)\b(?: (?:the )?(?:web|internet|net|online))?"
    r"(?: (?:for|about|on))?\s+(?P<query>[^.?!\n]+)",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
RUN = re.compile(r"\b(?:run|execute|calculate|compute|plot)\b", re.IGNORECASE)
CODE = "import statistics\n\nvalues = [3, 5, 8, 13]\nprint(statistics.mean(values))"
STDOUT = "7.25\n"
STDERR = 'Traceback (most recent call last):\n  File "<stdin>", line 1\nValueError: no'


@dataclass
class Played:
    """What the servers did: the blocks, and what is counted of it."""

    content: list[Block] = field(default_factory=list)
    searches: int = 0
    fetches: int = 0
    container: str | None = None

    def usage(self) -> Json | None:
        """Return `usage.server_tool_use`; a call that failed costs nothing."""
        if not (self.searches or self.fetches):
            return None
        return {
            "web_search_requests": self.searches,
            "web_fetch_requests": self.fetches,
        }


def play_server_tools(
    params: Json, question: Question, scenario: Scenario, seed: str
) -> Played:
    """Return what the declared tools of the servers do for a prompt; mostly nothing.

    Raises RequestRejected for a scenario whose tool is not declared.
    """
    player = _Player(params, question, scenario, seed)
    wanted = player.wanted()
    if wanted is not None:
        PLAYS[wanted](player)
    return player.played


class _Player:
    def __init__(
        self, params: Json, question: Question, scenario: Scenario, seed: str
    ) -> None:
        self.played = Played()
        self._question = question
        self._options = scenario.options
        self._scenario = scenario
        self._seed = seed
        self._container = _container_id(params)
        self._tools = {
            str(tool["name"]): tool
            for tool in params.get("tools") or []
            if "input_schema" not in tool and "name" in tool
        }
        self._names = [
            str(tool["name"])
            for tool in params.get("tools") or []
            if "input_schema" in tool
        ]
        # Answers of this turn, paused or interrupted by client tools, have them already.
        self._is_new = (
            any(
                block["type"] != "tool_result"
                for block in content_blocks(params["messages"][-1]["content"])
            )
            and params["messages"][-1]["role"] == "user"
        )

    def wanted(self) -> str | None:
        """Return the scenario to be played; plain words name one too."""
        if self._scenario.name in SERVER_TOOLS:
            self._require(self._scenario.name)
            return self._scenario.name if self._is_new else None
        if self._scenario.name is not None or not self._is_new:
            return None
        text = self._question.text
        if "web_fetch" in self._tools and ADDRESS.search(text):
            return "web_fetch"
        if "web_search" in self._tools and SEARCH.search(text):
            return "web_search"
        if "code_execution" in self._tools and RUN.search(text):
            return "code"
        return None

    def _require(self, name: str) -> None:
        declared = {"code": "code_execution"}.get(name, name)
        if not any(known.startswith(declared) for known in self._tools):
            raise RequestRejected(
                f"simulate: {name} needs the tool `{declared}`, which is not declared"
            )

    def search(self) -> None:
        tool = self._tools["web_search"]
        query = self._option("query") or self._asked(SEARCH) or "the simulator"
        times = int(self._scenario.number("times", 1))
        pages: list[Page] = []
        for number in range(times):
            error = self._options.get("error")
            if number >= (tool.get("max_uses") or times):
                error = "max_uses_exceeded"
            asked = query if number == 0 else f"{query} {number + 1}"
            found = [] if error else find_pages(asked, tool)
            results = [page.as_result() for page in found]
            self._call("web_search", "web_search", {"query": asked}, results, error)
            self.played.searches += not error
            pages += found
        self._say("I searched the web." if pages else "The search brought nothing.")
        for page in pages[:3]:
            self._say("\n\n- ")
            self._say(page.text, citations=[page.citation()])

    def fetch(self) -> None:
        tool = self._tools["web_fetch"]
        url = self._option("url") or self._asked(ADDRESS) or "https://example.org/"
        error = self._options.get("error")
        if not error and not is_allowed(url, tool):
            error = "url_not_allowed"
        text = f"This is the page at {url}, as the simulator made it up."
        source = {"type": "text", "media_type": "text/plain", "data": text}
        document = {"type": "document", "source": source, "title": "A page"}
        page = {
            "type": "web_fetch_result",
            "url": url,
            "retrieved_at": "2026-11-22T12:00:00Z",
            "content": document,
        }
        self._call("web_fetch", "web_fetch", {"url": url}, page, error)
        self.played.fetches += not error
        self._say(f"The page could not be read: {error}." if error else f"> {text}")

    def code(self) -> None:
        error = self._options.get("error")
        status = int(self._scenario.number("exit", 0))
        kind = "bash_code_execution" if "bash" in self._options else "code_execution"
        given = (
            {"command": "python mean.py"} if "bash" in self._options else {"code": CODE}
        )
        files = [] if error else self._make_files(kind)
        run = {
            "type": f"{kind}_result",
            "stdout": "" if status else STDOUT,
            "stderr": STDERR if status else "",
            "return_code": status,
            "content": files,
        }
        self.played.container = self._container or f"container_sim{self._seed[:24]}"
        self._call(kind, kind, given, run, error)
        if error:
            self._say(f"The code could not be run: {error}.")
        else:
            self._say(
                f"The code ended with {status}." if status else "The mean is 7.25."
            )

    def tool_search(self) -> None:
        name = next(known for known in self._tools if known.startswith("tool_search"))
        query = self._option("query") or "tool"
        key = "pattern" if name.endswith("regex") else "query"
        found = {
            "type": "tool_search_tool_search_result",
            "tool_references": [
                {"type": "tool_reference", "tool_name": known}
                for known in self._names[:5]
            ],
        }
        error = self._options.get("error")
        self._call(name, "tool_search", {key: query}, found, error)
        self._say("I looked for tools.")

    def _make_files(self, kind: str) -> list[Block]:
        words = re.search(r"\b(?:file|csv|table|download)\b", self._question.lower)
        count = int(self._scenario.number("files", 1 if words else 0))
        return [
            {
                "type": f"{kind}_output",
                "file_id": made_file_id(self._seed, number),
            }
            for number in range(1, count + 1)
        ]

    def _call(
        self, name: str, family: str, given: Json, content: object, error: str | None
    ) -> None:
        number = len(self.played.content)
        call_id = f"srvtoolu_sim{self._digest(f'{name} {number}')}"
        result = f"{family}_tool_result"
        if error:
            content = {"type": f"{result}_error", "error_code": error}
        self.played.content += [
            {"type": "server_tool_use", "id": call_id, "name": name, "input": given},
            {"type": result, "tool_use_id": call_id, "content": content},
        ]

    def _say(self, text: str, **more: object) -> None:
        self.played.content.append({"type": "text", "text": text, **more})

    def _option(self, name: str) -> str:
        return self._options.get(name, "").replace("+", " ")

    def _asked(self, pattern: re.Pattern[str]) -> str:
        found = pattern.search(self._question.text)
        if found is None:
            return ""
        return (found.groupdict().get("query") or found[0]).strip()

    def _digest(self, what: str) -> str:
        return hashlib.sha256(f"{self._seed} {what}".encode()).hexdigest()[:24]


def _container_id(params: Json) -> str | None:
    container = params.get("container")
    if isinstance(container, dict):
        container = container.get("id")
    return container or None


PLAYS: Mapping[str, Callable[[_Player], None]] = {
    "web_search": _Player.search,
    "web_fetch": _Player.fetch,
    "code": _Player.code,
    "tool_search": _Player.tool_search,
}
