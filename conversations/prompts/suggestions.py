"""Questions that a person may ask next: the small request for them."""

import json
import re
from typing import Any

from conversations.claude.capabilities import supports
from conversations.models import ModelCard
from conversations.models.wire import storable

from .asides import aside_params, text_of

ASKED = 3
LONGEST = 120  # ours, characters: a button, not a paragraph
EXCERPT_CHARACTERS = 2_000  # of the question; of the answer its end counts

SCHEMA = {
    "type": "object",
    "properties": {
        "suggestions": {
            "type": "array",
            "description": f"{ASKED} messages of at most twelve words each.",
            "items": {"type": "string"},
        }
    },
    "required": ["suggestions"],
    "additionalProperties": False,
}
INSTRUCTION = (
    f"Suggest {ASKED} short messages that the person may want to send next, written as"
    " the person would write them, in the language of the conversation. Each goes on"
    " from the answer in another direction and can be understood by itself."
)
ONE_A_LINE = " Write one a line, and nothing else."
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*")


def suggestion_params(card: ModelCard, question: str, answer: str) -> dict[str, Any]:
    """Return the body of the request."""
    asked = (
        f"Question:\n{question[:EXCERPT_CHARACTERS]}\n\n"
        f"Answer:\n{answer[-EXCERPT_CHARACTERS:]}\n\nSuggestions:"
    )
    if supports(card.capabilities, "structured_outputs"):
        return aside_params(card, INSTRUCTION, asked, SCHEMA)
    return aside_params(card, INSTRUCTION + ONE_A_LINE, asked)


def read_suggestions(content: list[dict[str, Any]]) -> list[str]:
    """Return what an answer suggests, whether it kept to the schema or not."""
    text = text_of(content)
    try:
        found = json.loads(text)["suggestions"]
    except (ValueError, TypeError, KeyError):
        # The beginning of an object is what a limit or a refusal left of one.
        found = [] if text.lstrip().startswith("{") else text.splitlines()
    if not isinstance(found, list):
        return []
    lines = [_tidy(line) for line in found if isinstance(line, str)]
    fitting = [line for line in lines if 0 < len(line) <= LONGEST]
    return list(dict.fromkeys(fitting))[:ASKED]


def _tidy(line: str) -> str:
    return storable(" ".join(_BULLET.sub("", line).split()).strip('"“”'))
