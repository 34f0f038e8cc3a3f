"""What a tool of Claude's servers did, as its card tells it.

static/js/server-tools.js tells it of a running answer by the same rules, and
tests/golden/server-tools.json holds examples for both.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from conversations.claude import Block
from conversations.rendering.server_tool_errors import sentence_for
from conversations.rendering.urls import is_external, safe_href

MAX_TEXT_LENGTH = 20_000  # ours: enough to judge an output; the rest is in the export
MAX_LINKS = 50  # ours: several times what one search brings

CODE_TOOLS = frozenset(
    {"code_execution", "bash_code_execution", "text_editor_code_execution"}
)
_FILE_COMMANDS = {"view": "Looked at a file", "str_replace": "Changed a file"}
# Blocks that are a card without being a call or its result.
_ALONE = frozenset({"compaction", "fallback", "mcp_tool_listing"})

type State = Literal["running", "done", "failed"]


@dataclass(frozen=True)
class Link:
    """A page; `href` is None where the address may not stand in a link."""

    title: str
    where: str
    href: str | None

    @property
    def rel(self) -> str:
        is_outside = self.href and is_external(self.href)
        return "noopener noreferrer nofollow" if is_outside else "noopener"


@dataclass(frozen=True)
class Output:
    """A text that came back, and what it is called."""

    name: str
    text: str


@dataclass(frozen=True)
class Card:
    """One call: what Claude did, with what, and what came of it.

    `subject` is the search, address, file or code; `summary` what a glance shall tell.
    `files` counts the files that the code made.
    """

    kind: str
    label: str
    subject: str = ""
    summary: str = ""
    state: State = "done"
    code: str = ""
    links: tuple[Link, ...] = ()
    outputs: tuple[Output, ...] = ()
    files: int = 0

    @property
    def file_numbers(self) -> range:
        return range(1, self.files + 1)


def is_server_block(block: Block) -> bool:
    """Whether a block has such a card: a call, its result, or news of the servers."""
    kind = str(block.get("type"))
    return (
        kind in ("server_tool_use", "mcp_tool_use")
        or kind in _ALONE
        or (kind.endswith("_tool_result") and kind != "tool_result")
    )


def describe(block: Block, result: Block | None, *, is_running: bool = False) -> Card:
    """Return the card of a call and its result; of a result without its call, too."""
    if block.get("type") in _ALONE:
        return _described_alone(block)
    call, result = (block, result) if "tool_use_id" not in block else ({}, block)
    card = _described(call, result, is_running=is_running and result is None)
    if result is None:
        return card if card.state == "running" else replace(card, summary="No result.")
    if code := _error_code(result):
        sentence = sentence_for(_family(card.kind), code)
        return replace(card, state="failed", summary=sentence)
    return card


def file_ids(result: Block) -> list[str]:
    """Return the ids of the files that code made, in the order of its result."""
    content = result.get("content")
    made = content.get("content") if isinstance(content, dict) else None
    return [
        file["file_id"]
        for file in _objects(made)
        if isinstance(file.get("file_id"), str)
    ]


def _described(call: Block, result: Block | None, *, is_running: bool) -> Card:
    kind = _kind(call, result)
    given = call.get("input")
    given = given if isinstance(given, dict) else {}
    content: Any = (result or {}).get("content")
    state: State = "running" if is_running else "done"
    match kind:
        case "web_search":
            card = _web_search(given, content, is_running=is_running)
        case "web_fetch":
            card = _web_fetch(given, content, is_running=is_running)
        case "code_execution" | "bash_code_execution":
            card = _code(kind, given, result, is_running=is_running)
        case "text_editor_code_execution":
            card = _file(given, content, is_running=is_running)
        case "tool_search_tool_regex" | "tool_search_tool_bm25" | "tool_search":
            card = _tool_search(kind, given, content, is_running=is_running)
        case "advisor":
            card = _advice(content, is_running=is_running)
        case _:
            card = _other(kind, call, result, is_running=is_running)
    return replace(card, state=state) if is_running else card


def _web_search(given: Mapping[str, Any], content: Any, *, is_running: bool) -> Card:
    links = tuple(
        _link(page.get("url"), page.get("title"), page.get("page_age"))
        for page in _objects(content)[:MAX_LINKS]
    )
    return Card(
        "web_search",
        "Searching the web" if is_running else "Searched the web",
        _text(given.get("query")),
        "" if is_running else _count(len(links), "result"),
        links=links,
    )


def _web_fetch(given: Mapping[str, Any], content: Any, *, is_running: bool) -> Card:
    page = content if isinstance(content, dict) else {}
    document = page.get("content")
    title = document.get("title") if isinstance(document, dict) else ""
    link = _link(page.get("url"), title, "")
    return Card(
        "web_fetch",
        "Reading a page" if is_running else "Read a page",
        _text(given.get("url")) or _text(page.get("url")),
        _text(title),
        links=(link,) if page.get("url") else (),
    )


def _code(
    kind: str, given: Mapping[str, Any], result: Block | None, *, is_running: bool
) -> Card:
    code = _text(given.get("code")) or _text(given.get("command"))
    content = (result or {}).get("content")
    run = content if isinstance(content, dict) else {}
    status = run.get("return_code")
    files = len(file_ids(result or {}))
    has_failed = isinstance(status, int) and status != 0
    is_sealed = run.get("type") == "encrypted_code_execution_result"
    facts = [
        f"exit code {status}" if has_failed else "",
        _count(files, "file") if files else "",
        "Only Claude can read what came out." if is_sealed else "",
    ]
    return Card(
        kind,
        "Running code" if is_running else "Ran code",
        _first_line(code),
        ", ".join(fact for fact in facts if fact),
        "failed" if has_failed else "done",
        _cut(code),
        outputs=_outputs(("Output", run.get("stdout")), ("Errors", run.get("stderr"))),
        files=files,
    )


def _file(given: Mapping[str, Any], content: Any, *, is_running: bool) -> Card:
    done = content if isinstance(content, dict) else {}
    written = (
        "Replaced a file" if done.get("is_file_update") is True else "Wrote a file"
    )
    label = _FILE_COMMANDS.get(_text(given.get("command")), written)
    lines = done.get("lines")
    changes = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
    return Card(
        "text_editor_code_execution",
        "Working on a file" if is_running else label,
        _text(given.get("path")),
        code=_cut(_text(given.get("file_text"))),
        outputs=_outputs(("Content", done.get("content")), ("Changes", changes)),
    )


def _tool_search(
    kind: str, given: Mapping[str, Any], content: Any, *, is_running: bool
) -> Card:
    found = content.get("tool_references") if isinstance(content, dict) else None
    names = [_text(tool.get("tool_name")) for tool in _objects(found)]
    return Card(
        kind,
        "Looking for tools" if is_running else "Looked for tools",
        _text(given.get("pattern")) or _text(given.get("query")),
        "" if is_running else _count(len(names), "tool"),
        outputs=_outputs(("Tools", "\n".join(names))),
    )


def _advice(content: Any, *, is_running: bool) -> Card:
    advice = content if isinstance(content, dict) else {}
    is_sealed = advice.get("type") == "advisor_redacted_result"
    return Card(
        "advisor",
        "Asking another model" if is_running else "Asked another model",
        summary="Only Claude can read the advice." if is_sealed else "",
        outputs=_outputs(("Advice", advice.get("text"))),
    )


def _other(kind: str, call: Block, result: Block | None, *, is_running: bool) -> Card:
    """Describe a tool of an MCP server, or one that is newer than this page."""
    name = _text(call.get("name")) or kind.replace("_", " ")
    given = call.get("input")
    has_failed = (result or {}).get("is_error") is True
    return Card(
        kind,
        f"Using {name}" if is_running else f"Used {name}",
        _text(call.get("server_name")),
        "It failed." if has_failed else "",
        "failed" if has_failed else "done",
        _cut(_json(given)) if given else "",
        outputs=_outputs(("Result", _plain((result or {}).get("content")))),
    )


def _described_alone(block: Block) -> Card:
    kind = str(block["type"])
    if kind == "fallback":
        source, target = _model(block.get("from")), _model(block.get("to"))
        return Card(kind, "Answered by", target, f"{source} declined" if source else "")
    if kind == "mcp_tool_listing":
        names = [_text(tool.get("name")) for tool in _objects(block.get("tools"))]
        return Card(
            kind,
            "Asked for its tools",
            _text(block.get("mcp_server_name")),
            _count(len(names), "tool"),
            outputs=_outputs(("Tools", "\n".join(names))),
        )
    has_failed = block.get("content") is None
    return Card(
        kind,
        "Summarised what was said before",
        summary="It failed." if has_failed else "",
        state="failed" if has_failed else "done",
        outputs=_outputs(("Summary", block.get("content"))),
    )


def _kind(call: Block, result: Block | None) -> str:
    if call.get("type") == "mcp_tool_use":
        return "mcp"
    if call.get("name"):
        return str(call["name"])
    return str((result or {}).get("type")).removesuffix("_tool_result")


def _family(kind: str) -> str:
    if kind in CODE_TOOLS:
        return "code_execution"
    return "tool_search" if kind.startswith("tool_search") else kind


def _error_code(result: Block) -> str:
    content = result.get("content")
    code = content.get("error_code") if isinstance(content, dict) else None
    return _text(code)


def _link(url: object, title: object, age: object) -> Link:
    address = _text(url)
    host = _host(address)
    where = " · ".join(part for part in (host, _text(age)) if part)
    return Link(_text(title) or host or address, where, safe_href(address))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _outputs(*named: tuple[str, object]) -> tuple[Output, ...]:
    return tuple(
        Output(name, _cut(_text(text))) for name, text in named if _text(text).strip()
    )


def _plain(content: object) -> str:
    """Return the texts of a tool's result, and the rest of it as JSON."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [
        _text(part.get("text")) if part.get("type") == "text" else _json(part)
        for part in _objects(content)
    ]
    return "\n\n".join(parts)


def _model(side: object) -> str:
    return _text(side.get("model")) if isinstance(side, dict) else ""


def _objects(value: object) -> list[dict[str, Any]]:
    items: Iterable[object] = value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, dict)]


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.split("\n"))
    return next((line for line in lines if line), "")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_LENGTH else f"{text[:MAX_TEXT_LENGTH]}…"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
