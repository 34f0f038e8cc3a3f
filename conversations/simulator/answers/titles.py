"""Titles and tags for conversations, made from the first words of what was said."""

import re

from conversations.simulator.answers.question import STOP_WORDS, WORD
from conversations.simulator.prefix import content_blocks
from conversations.simulator.scenarios import without_tags
from conversations.simulator.wire import Json

ASKS_FOR_TITLE = re.compile(
    r"\b(?:writ\w*|giv\w*|mak\w*|creat\w*|suggest\w*|generat\w*|find|nam\w*|answer\w*|"
    r"reply\w*|respond\w*|choos\w*|short|concise|brief)\b[^.\n]{0,80}\btitles?\b",
    re.IGNORECASE,
)
LONGEST_INSTRUCTION = 2000  # characters; a title prompt is short
LABELS = "user|human|person|question|message|conversation"
TAGS = re.compile(rf"</?[\w-]+>|^\s*(?:{LABELS})\s*:", re.IGNORECASE | re.MULTILINE)
# Where the words of the user end in a prompt that quotes the answer too.
REPLY = re.compile(
    r"^\s*(?:answer|reply|assistant|claude|title)\s*:", re.IGNORECASE | re.MULTILINE
)
MAX_WORDS = 6
MAX_TAGS = 3
SHORTEST_TAG = 4  # characters; what is shorter says little
FILLERS = re.compile(
    r"^(?:(?:hi|hello|hey|please|can you|could you|would you|tell me|i want to|"
    r"i would like to|help me)\b[\s,!.]*)+",
    re.IGNORECASE,
)


def is_title_request(params: Json) -> bool:
    """Return whether the request only wants a title for a conversation."""
    if params.get("tools"):
        return False
    system = _joined(params.get("system") or "")
    if system:
        asked = len(system) <= LONGEST_INSTRUCTION and ASKS_FOR_TITLE.search(system)
        if asked and "conversation" in system.lower():
            return True
    if (params.get("output_config") or {}).get("format"):
        return False  # what a person wants in JSON may well have a title
    first = _joined(params["messages"][0]["content"])
    opening = first[:200]
    asked_here = ASKS_FOR_TITLE.search(opening)
    return len(params["messages"]) == 1 and bool(
        asked_here
        and re.search(r"\b(?:conversation|chat|message)\b", opening, re.IGNORECASE)
    )


def make_title(params: Json) -> str:
    """Return a title of a few words from the first user message."""
    text = _first_message(params)
    words = re.split(r"(?<=[.?!:;])\s", text, maxsplit=1)[0].split()
    title = " ".join(words[:MAX_WORDS]).strip(" \"'“”\u2018\u2019`*_#.,:;!?-()")
    return title[:1].upper() + title[1:60] if title else "New conversation"


def make_tags(params: Json) -> list[str]:
    """Return the longest words of the first user message, in its order."""
    words = list(dict.fromkeys(WORD.findall(_first_message(params).lower())))
    telling = [w for w in words if len(w) >= SHORTEST_TAG and w not in STOP_WORDS]
    chosen = sorted(telling, key=len, reverse=True)[:MAX_TAGS]
    return [word for word in words if word in chosen]


def _first_message(params: Json) -> str:
    text = without_tags(_joined(params["messages"][0]["content"]))
    if not params.get("system"):
        text = _without_instruction(text)
    text = TAGS.sub(" ", REPLY.split(text, maxsplit=1)[0])
    return FILLERS.sub("", " ".join(text.split()))


def _without_instruction(text: str) -> str:
    """Return what is left when the sentence that asks for a title is taken out."""
    asked = ASKS_FOR_TITLE.search(text)
    if asked is None:
        return text
    rest = re.search(r"[:.\n]", text[asked.end() :])
    if rest is None:
        return text[: asked.start()]
    after = text[asked.end() + rest.end() :].strip()
    return after or text[: asked.start()]


def _joined(content: object) -> str:
    if isinstance(content, str):
        return content
    assert isinstance(content, list)
    return "\n".join(
        block["text"] for block in content_blocks(content) if block["type"] == "text"
    )
