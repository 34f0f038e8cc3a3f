"""Scenarios that a prompt can name: `[simulate: NAME key=value ...]`.

- an HTTP status (400, 401, 402, 403, 404, 409, 413, 429, 500, 502, 503, 504,
  529): `times=N` per identical body, `retry-after=`, `should-retry=`, `code=`
- refusal, refusal-mid-stream: `category=` `recommended=`; max_tokens; window;
  pause_turn: `times=`
- 529-mid-stream, cut, garbage, stall: `after=` characters of text; stall also
  `pings=` seconds; empty, html, no-message-stop
- no-summary: a compaction fails; name it in its instructions
- web_search: `query=` (+ is a space) `times=`; web_fetch: `url=`; code: `files=`
  `exit=` `bash=`; tool_search: `query=`; each with `error=` and a code of the API, and
  only where the tool is declared
- echo: the rest of the prompt; long: `chars=`
- in a batch, stall lets its request expire and empty leaves it without a result
- tool: `name=` of a declared tool, `times=N` rounds, `input=` JSON; several tags are
  several calls at once
- silent (no thinking) and slow (`seconds=` per delta) go with any other

The scenarios themselves are played by `responder` (what is said), `delivery`
(how it arrives) and `faults` (errors instead of an answer).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from conversations.simulator.errors import RequestRejected

TAG = re.compile(r"\[simulate:\s*(?P<name>[\w-]+)(?P<options>[^\]]*)\]")
STATUSES = (
    *("400", "401", "402", "403", "404", "409", "413", "429"),
    *("500", "502", "503", "504", "529"),
)
ANSWERS = (
    *("refusal", "refusal-mid-stream", "max_tokens", "pause_turn", "window"),
    "no-summary",
)
TEXTS = ("long", "echo")
CLIENT_TOOLS = ("tool",)
SERVER_TOOLS = ("web_search", "web_fetch", "code", "tool_search")
MID_STREAM = ("529-mid-stream", "cut", "garbage", "stall")
DELIVERIES = (*MID_STREAM, "empty", "html", "no-message-stop")
MODIFIERS = ("silent", "slow")
TOOLS = (*CLIENT_TOOLS, *SERVER_TOOLS)
NAMES = (*STATUSES, *ANSWERS, *TEXTS, *TOOLS, *DELIVERIES, *MODIFIERS)


@dataclass(frozen=True)
class Scenario:
    """What shall be played: one scenario at most, and any modifiers."""

    name: str | None = None
    modifiers: frozenset[str] = frozenset()
    options: Mapping[str, str] = field(default_factory=dict)

    def number(self, key: str, default: float) -> float:
        """Return a numeric option. Raises RequestRejected for other text."""
        text = self.options.get(key)
        if text is None:
            return default
        try:
            return float(text)
        except ValueError as error:
            raise RequestRejected(
                f"simulate: {key}={text} is not a number", status=400
            ) from error


NO_SCENARIO = Scenario()


def parse_scenario(prompt: str) -> Scenario:
    """Return the scenario that a prompt names. Raises for unknown names."""
    name, modifiers, options = None, set(), dict[str, str]()
    for tag in TAG.finditer(prompt):
        if tag["name"] not in NAMES:
            raise RequestRejected(
                f"simulate: unknown scenario '{tag['name']}'. Known: {', '.join(NAMES)}"
            )
        if tag["name"] in MODIFIERS:
            modifiers.add(tag["name"])
        elif name is None:
            name = tag["name"]
        for option in tag["options"].split():
            key, _, value = option.partition("=")
            options[key] = value
        if name == "echo":
            # What follows an echo is its text, tags and all.
            break
    return Scenario(name, frozenset(modifiers), options)


def without_tags(prompt: str) -> str:
    """Return the prompt without scenario tags, for answers that speak of it."""
    return TAG.sub("", prompt).strip()


def echoed_text(prompt: str) -> str:
    """Return exactly what stands around the echo tag.

    One line break or space goes with the tag: the one after it, or the one
    before it when nothing follows. Tags before it are not part of the text.
    """
    tag = next(found for found in TAG.finditer(prompt) if found["name"] == "echo")
    before, after = TAG.sub("", prompt[: tag.start()]), prompt[tag.end() :]
    if after[:1] in ("\n", " "):
        after = after[1:]
    elif not after and before[-1:] in ("\n", " "):
        before = before[:-1]
    return (before if before.strip() else "") + after
