"""Search in the person's own other conversations."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from conversations.models import Message
from conversations.models.reading import read

from .base import Input, Tool, ToolContext, ToolResult

MAX_HITS = 10  # ours: what is worth reading
MAX_WORDS = 8  # ours: each one is looked for in every message
AROUND_CHARACTERS = 300  # of a message, around what was found


class SearchConversations(Tool):
    """Finds messages by words; sees exactly what its person sees."""

    name = "search_conversations"
    title = "Search conversations"
    summary = "Claude may look into your other conversations."
    description = (
        "Searches the person's other conversations in this application for messages"
        " that hold all the given words, newest first. Use it when they refer to"
        " something that was said before. Returns at most 10 excerpts, each with the"
        " title and date of its conversation."
    )
    input_schema: Input = {
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "A few words that must all occur.",
                "minLength": 2,
                "maxLength": 200,
            }
        },
        "required": ["query"],
    }

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        words = list(dict.fromkeys(tool_input["query"].split()))[:MAX_WORDS]
        hits = await read(find_excerpts, context, words)
        if not hits:
            return ToolResult("Nothing was found.", title="Nothing found")
        found = "1 excerpt" if len(hits) == 1 else f"{len(hits)} excerpts"
        return ToolResult("\n\n".join(hits), title=found)


def find_excerpts(context: ToolContext, words: list[str]) -> list[str]:
    """Return what of other conversations holds all words, newest first. Reads rows."""
    owner = get_user_model().objects.get(pk=context.owner_id)
    holds_all = Q(*(Q(text__icontains=word) for word in words))
    found = Message.objects.visible_to(owner).filter(holds_all)
    # What is said here Claude knows, and what it took back nobody shall see again.
    elsewhere = found.exclude(conversation_id=context.conversation_id)
    kept = elsewhere.exclude(stop_reason="refusal").defer("content", "html")
    rows = kept.select_related("conversation").order_by("-id")[:MAX_HITS]
    return [_excerpt(row, words) for row in rows]


def _excerpt(message: Any, words: list[str]) -> str:
    said_by = "The person" if message.role == "user" else "Claude"
    head = f"{message.conversation.display_title} ({message.created_at:%Y-%m-%d})"
    return f"{head}\n{said_by}: {_around(message.text, words)}"


def _around(text: str, words: list[str]) -> str:
    """Return the part of a text where the first word stands."""
    place = max(0, text.lower().find(words[0].lower()) - AROUND_CHARACTERS // 3)
    part = " ".join(text[place : place + AROUND_CHARACTERS].split())
    before = "…" if place else ""
    after = "…" if place + AROUND_CHARACTERS < len(text) else ""
    return f"{before}{part}{after}"
