"""The pages of the files that are attached to this conversation."""

from conversations.attachments.errors import UploadRefused
from conversations.attachments.pages import count_pages, page_texts
from conversations.models import Attachment
from conversations.models.reading import read

from .base import Input, Tool, ToolContext, ToolError, ToolResult

MAX_PAGES = 20  # ours: of one call, some 15,000 tokens
MAX_NAMED = 20  # of the files of a conversation, when one is not found


class ReadPages(Tool):
    """Reads again what was attached: text only, by the number of the page."""

    name = "read_attachment"
    title = "Read attachments"
    summary = "Claude may look up pages of this conversation's files."
    description = (
        "Returns the text of pages of a file that is attached to this conversation,"
        " by its name. Use it to look up a passage or to quote exactly. Pages count"
        " from 1; at most 20 in one call. Pictures cannot be read, and scanned pages"
        " have no text."
    )
    input_schema: Input = {
        "type": "object",
        "properties": {
            "file": {
                "type": "string",
                "description": "The file's name.",
                "maxLength": 300,
            },
            "first_page": {"type": "integer", "minimum": 1},
            "last_page": {"type": "integer", "minimum": 1},
        },
        "required": ["file", "first_page"],
    }
    timeout_seconds = 90.0  # a child may have to wait for its turn

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        files = await read(_files_of, context)
        attachment = _find(files, tool_input["file"])
        first = tool_input["first_page"]
        last = tool_input.get("last_page") or first
        count = count_pages(attachment)
        _require_range(attachment, first, last, count)
        last = min(last, count)
        try:
            texts = await page_texts(attachment, first, last)
        except UploadRefused as refused:
            raise ToolError(refused.message) from None
        except FileNotFoundError:
            raise ToolError(f"The file {attachment.name} was deleted.") from None
        pages = [_spoken(number, text) for number, text in enumerate(texts, first)]
        span = f"page {first}" if first == last else f"pages {first}-{last}"
        return ToolResult("\n\n".join(pages), title=f"{attachment.name}, {span}")


def _files_of(context: ToolContext) -> list[Attachment]:
    """Return the owner's files in this conversation, newest first. Reads rows."""
    owned = Attachment.objects.filter(owner_id=context.owner_id)
    here = owned.filter(messages__conversation_id=context.conversation_id)
    return list(here.distinct().order_by("-id"))


def _find(files: list[Attachment], name: str) -> Attachment:
    for attachment in files:
        if attachment.name == name:
            return attachment
    wanted = name.casefold()
    for attachment in files:
        if wanted and wanted in attachment.name.casefold():
            return attachment
    names = ", ".join(attachment.name for attachment in files[:MAX_NAMED])
    known = f"It has: {names}." if names else "It has none."
    raise ToolError(f"This conversation has no file {name[:100]!r}. {known}")


def _require_range(attachment: Attachment, first: int, last: int, count: int) -> None:
    if count == 0:
        raise ToolError(f"{attachment.name} is a picture; it has no text to read.")
    if first > count:
        raise ToolError(f"{attachment.name} has {count} pages only.")
    if last < first or last - first >= MAX_PAGES:
        raise ToolError(f"Ask for 1 to {MAX_PAGES} pages, the first one first.")


def _spoken(number: int, text: str) -> str:
    return f"Page {number}:\n{text.strip() or '(no text)'}"
