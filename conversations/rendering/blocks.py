"""The body of one message: every content block through its own template."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from conversations.claude import Block
from conversations.rendering.citations import Source, cited_numbers, draw_chip
from conversations.rendering.json_answers import in_code
from conversations.rendering.markdown import render_markdown, well_formed
from conversations.rendering.markers import join_run
from conversations.rendering.pairing import Paired, pair_results
from conversations.rendering.server_tools import describe, is_server_block
from conversations.rendering.tool_cards import CallFacts, context_of

# ours: enough to judge a tool's answer; the whole block is in the JSON export.
MAX_JSON_LENGTH = 20_000

_LABELS = {"tool_result": "Result"}


class AttachmentView(Protocol):
    """What the template of an attachment chip reads; the model has it all."""

    @property
    def id(self) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def href(self) -> str: ...
    @property
    def thumbnail_href(self) -> str | None: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def pages(self) -> int | None: ...
    @property
    def size_bytes(self) -> int: ...


def render_content(
    content: Sequence[Block],
    sources: Sequence[Source],
    *,
    message_id: object,
    attachments: Mapping[str, AttachmentView] | None = None,
    calls: Mapping[str, CallFacts] | None = None,
    is_json: bool = False,
    mismatch: str = "",
) -> SafeString:
    """Return the HTML of a message's blocks, with the list of its sources at the end.

    `sources` come from `number_citations(content, ...)`; `attachments` by id are the
    files that image and document blocks stand for; `calls` by id tell how our own
    tools went. `is_json` is an answer that had to fit a schema, `mismatch` where it
    does not. Nothing is queried.
    """
    parts: list[str] = []
    known = _Known(message_id, attachments or {}, calls or {})
    for is_text, group in groupby(pair_results(content), _is_text):
        if is_text:
            blocks = [block for block, _ in group]
            parts.append(_render_run(blocks, sources, message_id, is_json=is_json))
        else:
            parts.extend(_render_block(*paired, known) for paired in group)
    if mismatch:
        parts.append(_render("mismatch", {"mismatch": mismatch}))
    if sources:
        context = {"sources": sources, "message_id": message_id}
        parts.append(_render("sources", context))
    html = well_formed("".join(parts))
    return mark_safe(html)  # noqa: S308 - templates and render_markdown escaped it


@dataclass(frozen=True)
class _Known:
    """What is known of a message beside its blocks: its files, how its tools went."""

    message_id: object
    attachments: Mapping[str, AttachmentView]
    calls: Mapping[str, CallFacts]


def _is_text(paired: Paired) -> bool:
    return paired[0].get("type") == "text"


def _render_run(
    blocks: Sequence[Block],
    sources: Sequence[Source],
    message_id: object,
    *,
    is_json: bool,
) -> str:
    """Adjacent text blocks are one text: Claude splits it where it cites."""
    by_number = {source.number: source for source in sources}
    parts = [(str(b.get("text") or ""), cited_numbers(b, sources)) for b in blocks]
    source = join_run(parts)
    if not source.strip():
        return ""
    if is_json:
        source = in_code(source)

    def chip(number: int) -> SafeString:
        return draw_chip(by_number[number], message_id)

    return _render("text", {"html": render_markdown(source, chip)})


def _render_block(block: Block, result: Block | None, known: _Known) -> str:
    match block.get("type"):
        case "thinking":
            return _render("thinking", {"text": block.get("thinking") or ""})
        case "redacted_thinking":
            return _render("redacted_thinking", {})
        case "image" | "document":
            return _render_attachment(block, known.attachments)
        case "tool_use":
            facts = known.calls.get(str(block.get("id")))
            return _render("tool_call", context_of(block, result, facts))
        case _ if is_server_block(block):
            return _render_server_tool(block, result, known)
        case _:
            return _render_card(block)


def _render_attachment(block: Block, attachments: Mapping[str, AttachmentView]) -> str:
    source = block.get("source")
    name = source.get("id") if isinstance(source, dict) else None
    attachment = attachments.get(str(name))
    if attachment is None:
        return _render_card(block)
    return _render("attachment", {"item": attachment})


def _render_server_tool(block: Block, result: Block | None, known: _Known) -> str:
    call_id = block.get("tool_use_id") or block.get("id")
    context = {
        "card": describe(block, result),
        "message_id": known.message_id,
        "call_id": call_id,
    }
    return _render("server_tool", context)


def _render_card(block: Block) -> str:
    kind = str(block.get("type") or "block")
    name = str(block.get("name") or "a tool")
    if kind in _LABELS:
        label = _LABELS[kind].format(name=name)
    else:
        label = kind.replace("_", " ").capitalize()
    context = {
        "type": kind,
        "label": label,
        "failed": _failed(block),
        "json": _shortened(json.dumps(block, indent=2, ensure_ascii=False)),
    }
    return _render("card", context)


def _failed(block: Block) -> bool:
    content = block.get("content")
    return bool(
        block.get("is_error")
        or (isinstance(content, dict) and content.get("error_code"))
    )


def _shortened(text: str) -> str:
    rest = len(text) - MAX_JSON_LENGTH
    return text if rest <= 0 else f"{text[:MAX_JSON_LENGTH]}\n… {rest} more characters"


def _render(name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"conversations/blocks/{name}.html", context).strip()
