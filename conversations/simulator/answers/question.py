"""What is asked: the last words of the user and what went before."""

import re
from dataclasses import dataclass

from conversations.simulator.prefix import content_blocks
from conversations.simulator.scenarios import without_tags
from conversations.simulator.wire import Block, Json

WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
COMMON = (
    "a about after all also am an and any are as at be been before but by can could "
    "did do does document documents each explain file files find for from give had has "
    "have how i if in into is it its itself just know like look me mentioned more most "
    "my no not of on one only or other our out page pages pdf please quote quotes read "
    "say says section sections she should show simulate so some such summarise "
    "summarize summary tell text than that the their them then there these they this "
    "those to too us use very was we were what when where which while who why will "
    "with would write you your attached cite passage"
)
STOP_WORDS = frozenset(COMMON.split())


@dataclass(frozen=True)
class Question:
    """The last user turn, and the questions of the turns before it."""

    prompt: str
    earlier: tuple[str, ...]
    results: tuple[Block, ...]
    new_types: frozenset[str]
    has_system: bool

    @property
    def text(self) -> str:
        """The prompt without scenario tags."""
        return without_tags(self.prompt)

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def words(self) -> frozenset[str]:
        """The words that carry meaning, in the form in which they are compared."""
        return keywords(self.text)


def read_question(params: Json) -> Question:
    """Return what the request asks."""
    texts: list[str] = []
    for message in params["messages"]:
        if message["role"] != "user":
            texts += _compacted(message)
            continue
        if text := _text(message):
            texts.append(text)
    last = content_blocks(params["messages"][-1]["content"])
    newest = next(
        (m for m in reversed(params["messages"]) if m["role"] == "user" and _text(m)),
        params["messages"][-1],
    )
    return Question(
        prompt=texts[-1] if texts else "",
        earlier=tuple(without_tags(text) for text in texts[:-1]),
        results=tuple(block for block in last if block["type"] == "tool_result"),
        new_types=frozenset(
            block["type"] for block in content_blocks(newest["content"])
        ),
        has_system=bool(params.get("system")),
    )


def keywords(text: str) -> frozenset[str]:
    """Return the meaningful words of a text, plural and case undone."""
    words = (word.lower() for word in WORD.findall(text))
    return frozenset(
        _stem(word) for word in words if word not in STOP_WORDS and len(word) > 1
    )


def excerpt(text: str, limit: int = 80) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _compacted(message: Json) -> list[str]:
    blocks = content_blocks(message["content"])
    texts = [b.get("content") for b in blocks if b["type"] == "compaction"]
    return [text for text in texts if text]


def _text(message: Json) -> str:
    blocks = content_blocks(message["content"])
    return "\n\n".join(block["text"] for block in blocks if block["type"] == "text")
