"""What Claude keeps for a person beyond a conversation: Anthropic's memory tool.

Its definition is the API's own (`memory_20250818`); commands and words of the answers
are those that Claude was trained with.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from .base import Definition, Input, Tool, ToolContext, ToolError, ToolResult
from .memory_files import MAX_PATH_CHARACTERS, ROOT, MemoryFiles, confined

TEXT: Input = {"type": "string"}
PATH: Input = {"type": "string", "maxLength": MAX_PATH_CHARACTERS + 50}
LINE: Input = {"type": "integer", "minimum": 0}
RANGE: Input = {
    "type": "array",
    "items": {"type": "integer"},
    "minItems": 2,
    "maxItems": 2,
}
FIELDS: dict[str, dict[str, Input]] = {
    "view": {"path": PATH, "view_range": RANGE},
    "create": {"path": PATH, "file_text": TEXT},
    "str_replace": {"path": PATH, "old_str": TEXT, "new_str": TEXT},
    "insert": {"path": PATH, "insert_line": LINE, "insert_text": TEXT},
    "delete": {"path": PATH},
    "rename": {"old_path": PATH, "new_path": PATH},
}
LISTED_LEVELS = 2  # of a directory, as the answer says
MAX_NAMED_CHARACTERS = 200  # of a text that was not found


class Memory(Tool):
    """Files under /memories, one tree per person, in a table."""

    name = "memory"
    title = "Memory"
    summary = "Claude keeps notes for later conversations, which you can see and edit."
    description = "Reads and writes files under /memories."
    input_schema: Input = {
        "type": "object",
        "required": ["command"],
        "properties": {"command": {"enum": list(FIELDS)}},
        "oneOf": [
            {
                "properties": {"command": {"const": command}, **properties},
                "required": [name for name in properties if name != "view_range"],
            }
            for command, properties in FIELDS.items()
        ],
    }

    def definition(self) -> Definition:
        return {"type": "memory_20250818", "name": self.name}

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        result: ToolResult = await context.write(
            lambda: _run(context.owner_id, tool_input)
        )
        return result


def _run(owner_id: Any, given: Input) -> ToolResult:
    """Carry out a command in one transaction; a job for the writer."""
    with transaction.atomic():
        text = COMMANDS[given["command"]](MemoryFiles(owner_id), given)
    return ToolResult(text, title=_outcome(given))


def _outcome(given: Input) -> str:
    verb = {"view": "Read", "create": "Noted", "delete": "Deleted", "rename": "Moved"}
    path = given.get("path") or given.get("old_path")
    return f"{verb.get(given['command'], 'Changed')} {path}"


def _view(files: MemoryFiles, given: Input) -> str:
    path = confined(given["path"])
    if (file := files.find(path)) is not None:
        return _numbered(path, file.content, given.get("view_range"))
    found = files.below(path)
    if not found and path != ROOT:
        files.get(path)
    lines = _listed(path, [(file.path, file.size_bytes) for file in found])
    return "\n".join(
        [
            f"Here're the files and directories up to {LISTED_LEVELS} levels deep in"
            f" {path}, excluding hidden items:",
            *lines,
        ]
    )


def _create(files: MemoryFiles, given: Input) -> str:
    path = confined(given["path"])
    files.create(path, given["file_text"])
    return f"File created successfully at: {path}"


def _str_replace(files: MemoryFiles, given: Input) -> str:
    path, old = confined(given["path"]), given["old_str"]
    file = files.get(path)
    count = file.content.count(old) if old else 0
    named = old[:MAX_NAMED_CHARACTERS]
    if count == 0:
        raise ToolError(
            f"No replacement was performed, old_str `{named}` did not appear verbatim"
            f" in {path}."
        )
    if count > 1:
        raise ToolError(
            f"No replacement was performed. Multiple occurrences of old_str `{named}`."
            " Please ensure it is unique"
        )
    place = file.content.index(old)
    files.write(file, file.content.replace(old, given["new_str"], 1))
    first = file.content.count("\n", 0, place) + 1
    last = first + given["new_str"].count("\n")
    return f"The memory file has been edited.\n{_snippet(file.content, first, last)}"


def _insert(files: MemoryFiles, given: Input) -> str:
    path, line = confined(given["path"]), given["insert_line"]
    file = files.get(path)
    lines = file.content.split("\n")
    if line > len(lines):
        raise ToolError(
            f"Error: Invalid `insert_line` parameter: {line}. It should be within the"
            f" range of lines of the file: [0, {len(lines)}]"
        )
    inserted = given["insert_text"].removesuffix("\n").split("\n")
    files.write(file, "\n".join([*lines[:line], *inserted, *lines[line:]]))
    return f"The file {path} has been edited."


def _delete(files: MemoryFiles, given: Input) -> str:
    path = confined(given["path"])
    files.delete(path)
    return f"Successfully deleted {path}"


def _rename(files: MemoryFiles, given: Input) -> str:
    old, new = confined(given["old_path"]), confined(given["new_path"])
    files.rename(old, new)
    return f"Successfully renamed {old} to {new}"


COMMANDS: dict[str, Callable[[MemoryFiles, Input], str]] = {
    "view": _view,
    "create": _create,
    "str_replace": _str_replace,
    "insert": _insert,
    "delete": _delete,
    "rename": _rename,
}


def _numbered(path: str, content: str, view_range: list[int] | None) -> str:
    lines = content.split("\n")
    first, last = view_range or (1, len(lines))
    if last == -1:
        last = len(lines)
    if not 1 <= first <= last:
        raise ToolError(
            f"Error: Invalid `view_range`. It should be within [1, {len(lines)}]."
        )
    shown = _with_numbers(lines, first, last)
    return f"Here's the content of {path} with line numbers:\n{shown}"


def _snippet(content: str, first: int, last: int) -> str:
    return _with_numbers(content.split("\n"), max(1, first - 2), last + 2)


def _with_numbers(lines: list[str], first: int, last: int) -> str:
    return "\n".join(
        f"{number:6}\t{line}"
        for number, line in enumerate(lines[first - 1 : last], first)
    )


def _listed(path: str, files: list[tuple[str, int]]) -> list[str]:
    """Return the entries of a directory, each with the size of all that is in it."""
    sizes: dict[str, int] = {path: 0}
    depth = path.count("/")
    for name, size in files:
        parts = name.split("/")
        for end in range(depth + 1, len(parts) + 1):
            if end - depth - 1 <= LISTED_LEVELS:
                entry = "/".join(parts[:end])
                sizes[entry] = sizes.get(entry, 0) + size
    return [f"{_spoken(size)}\t{entry}" for entry, size in sizes.items()]


def _spoken(size: int) -> str:
    return f"{size / 1024:.1f}K"
