"""A title and tags for a conversation: the small request for them, and the fallback."""

import json
from dataclasses import dataclass
from typing import Any

from conversations.claude.capabilities import supports
from conversations.models import ModelCard
from conversations.models.tags import MAX_TAG_CHARACTERS, read_tags
from conversations.models.wire import storable

from .asides import aside_params, text_of

MAX_TITLE_CHARACTERS = 60
ASKED_TAGS = 3
EXCERPT_CHARACTERS = 2_000  # of the question and of the answer: enough for a title

SCHEMA = {
    "type": "object",
    "properties": {
        "title": {
            "type": "string",
            "description": "Three to six words, in the language of the conversation.",
        },
        "tags": {
            "type": "array",
            "description": f"At most {ASKED_TAGS} topics, one or two words each.",
            "items": {"type": "string"},
        },
    },
    "required": ["title", "tags"],
    "additionalProperties": False,
}
TITLE_ONLY = (
    "Give the conversation a title of three to six words, in its language,"
    " without quotation marks or a full stop."
)
TITLE_AND_TAGS = (
    f"{TITLE_ONLY} Add at most {ASKED_TAGS} tags: the topics by which a person would"
    " file it, in the same language."
)


@dataclass(frozen=True)
class Naming:
    """What a conversation is to be called; "" when no title came."""

    title: str
    tags: list[str]


def first_words(text: str) -> str:
    """Return the beginning of a text as a title, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    return line[:MAX_TITLE_CHARACTERS].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def title_params(card: ModelCard, question: str, answer: str) -> dict[str, Any]:
    """Return the body of the request; without schemas a model gives a title only."""
    asked = (
        f"Question:\n{question[:EXCERPT_CHARACTERS]}\n\n"
        f"Answer:\n{answer[:EXCERPT_CHARACTERS]}\n\nTitle:"
    )
    if supports(card.capabilities, "structured_outputs"):
        return aside_params(card, TITLE_AND_TAGS, asked, SCHEMA)
    return aside_params(card, TITLE_ONLY, asked)


def read_naming(content: list[dict[str, Any]]) -> Naming:
    """Return what an answer proposes, whether it kept to the schema or not."""
    text = text_of(content)
    try:
        found = json.loads(text)
        title, tags = found["title"], found.get("tags")
    except (ValueError, TypeError, KeyError, AttributeError):
        # The beginning of an object is what a limit or a refusal left of one.
        title, tags = "" if text.lstrip().startswith("{") else text, None
    return Naming(_tidy_title(str(title)), _usable_tags(tags))


def _tidy_title(text: str) -> str:
    title = storable(" ".join(text.split()).strip("\"'."))
    return title[:MAX_TITLE_CHARACTERS]


def _usable_tags(found: object) -> list[str]:
    """Return the tags that a list proposes; a sentence is no tag."""
    if not isinstance(found, list):
        return []
    short = (tag for tag in found if isinstance(tag, str))
    fitting = [storable(tag) for tag in short if len(tag) <= MAX_TAG_CHARACTERS]
    return read_tags(fitting[:ASKED_TAGS])
