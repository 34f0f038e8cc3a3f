"""What a server gives back, as a tool_result may hold it."""

from typing import Any

from conversations.models.wire import dump
from conversations.tools.base import ToolResult


def read_result(result: dict[str, Any]) -> ToolResult:
    """Return the text of a result; what is no text is named, not shown.

    A picture or a file of a stranger never enters the conversation: it would be sent
    for ever, and one that the API cannot read would end every later turn.
    """
    parts = [_text_of(block) for block in result.get("content") or []]
    text = "\n\n".join(part for part in parts if part)
    if not text and "structuredContent" in result:
        text = dump(result["structuredContent"])
    return ToolResult(
        text or "The tool gave back nothing.", is_error=bool(result.get("isError"))
    )


def _text_of(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "text":
            return str(block.get("text") or "")
        case "resource":
            resource = block.get("resource") or {}
            if "text" in resource:
                return f"{resource.get('uri', '')}\n{resource['text']}".strip()
            return _left_out("file", resource.get("mimeType"))
        case "resource_link":
            return f"{block.get('name', '')}: {block.get('uri', '')}"
        case other:
            return _left_out(str(other), block.get("mimeType"))


def _left_out(what: str, media_type: object) -> str:
    kind = f", {media_type}" if media_type else ""
    return f"[Left out: what the tool gave back besides text ({what}{kind}).]"
