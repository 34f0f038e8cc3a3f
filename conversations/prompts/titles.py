"""A title for a conversation: the small request that asks for one, and the fallback."""

import json
from typing import Any

from conversations.models.wire import storable

MAX_TITLE_CHARACTERS = 60
TITLE_TOKENS = 200
EXCERPT_CHARACTERS = 2_000  # of the question and of the answer: enough for a title

SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


def first_words(text: str) -> str:
    """Return the beginning of a text as a title, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    return line[:MAX_TITLE_CHARACTERS].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def title_params(
    model: str, question: str, answer: str, *, plain: bool
) -> dict[str, Any]:
    """Return the body of a title request; `plain` for models without schemas."""
    params: dict[str, Any] = {
        "model": model,
        "max_tokens": TITLE_TOKENS,
        "system": (
            "Give the conversation a title of three to six words, in its language,"
            " without quotation marks or a full stop."
        ),
        "messages": [
            {
                "role": "user",
                "content": (
                    f"Question:\n{question[:EXCERPT_CHARACTERS]}\n\n"
                    f"Answer:\n{answer[:EXCERPT_CHARACTERS]}\n\nTitle:"
                ),
            }
        ],
    }
    if not plain:
        params["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
    return params


def read_title(content: list[dict[str, Any]]) -> str:
    """Return the title in an answer, one line, or "" when there is none."""
    text = "".join(block["text"] for block in content if block["type"] == "text")
    try:
        found = json.loads(text)["title"]
    except (ValueError, TypeError, KeyError):
        found = text
    title = storable(" ".join(str(found).split()).strip("\"'."))
    return title[:MAX_TITLE_CHARACTERS]
