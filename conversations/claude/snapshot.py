"""The message as folded so far from the events of one stream."""

import json
from collections.abc import Callable

from .errors import MalformedEvent
from .types import Block, Delta, Event, Message, Usage

# Which known blocks a delta belongs to. A delta that reaches another known
# block is kept aside: the block would be refused when it is sent back.
_TAKERS = {
    "text_delta": frozenset({"text"}),
    "citations_delta": frozenset({"text"}),
    "thinking_delta": frozenset({"thinking"}),
    "signature_delta": frozenset({"thinking"}),
    "input_json_delta": frozenset({"tool_use", "server_tool_use", "mcp_tool_use"}),
    "compaction_delta": frozenset({"compaction"}),
}
_ALL_TAKERS = frozenset().union(*_TAKERS.values())
# What a delta brings, and as what: anything else would break whoever reads it later.
_PARTS: dict[str, tuple[str, type]] = {
    "text_delta": ("text", str),
    "citations_delta": ("citation", dict),
    "thinking_delta": ("thinking", str),
    "signature_delta": ("signature", str),
    "input_json_delta": ("partial_json", str),
}
# Names come from a short list or are made by the API: a page of text is no such name.
_LONGEST_NAMES = {"id": 200, "model": 200, "stop_reason": 40}
# What message_delta changes is beside these.
_FIXED = frozenset({"id", "type", "role", "content", "usage"})
_LARGEST_COUNT = 2**31 - 1
_SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})


class MessageSnapshot:
    """Folds events into the message that the API would have answered unstreamed.

    `message` is that message so far, with every block and field as it came,
    known to us or not; {} before message_start. Only `is_complete` proves
    that nothing is missing. Events are not changed and not shared with it.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self.unknown_deltas: dict[int, list[Delta]] = {}
        self.invalid_inputs: dict[int, str] = {}
        self._message: Message = {}
        self._open: dict[int, list[str]] = {}  # index -> JSON of its input so far
        # (index, key) -> what is still to be joined to the text under that key: to
        # join it with each delta would copy a long text thousands of times.
        self._pieces: dict[tuple[int, str], list[str]] = {}

    @property
    def message(self) -> Message:
        """The message so far."""
        if self._pieces:
            self._join_pieces()
        return self._message

    @property
    def blocks(self) -> list[Block]:
        """The content so far, open blocks included."""
        content: list[Block] = self.message.get("content", [])
        return content

    @property
    def usage(self) -> Usage:
        """The usage so far; its counts are totals of the whole message."""
        usage: Usage = self._message.get("usage", {})
        return usage

    @property
    def stop_reason(self) -> str | None:
        """Why Claude stopped, once it has said so."""
        stop_reason: str | None = self._message.get("stop_reason")
        return stop_reason

    @property
    def container_id(self) -> str:
        """Where code ran for this message, once the API has said so; "" before."""
        container = self._message.get("container")
        found = container.get("id") if isinstance(container, dict) else None
        if not isinstance(found, str) or len(found) > _LONGEST_NAMES["id"]:
            return ""
        return found

    @property
    def open_indexes(self) -> tuple[int, ...]:
        """The indexes of the blocks that are still growing; at most one, as a rule."""
        return tuple(self._open)

    def finished_blocks(self) -> list[Block]:
        """Return the blocks that will not change any more."""
        return [
            block for index, block in enumerate(self.blocks) if self._is_done(index)
        ]

    def kept_content(self) -> list[Block]:
        """Return what may stay of a message that was stopped.

        Finished blocks, and an open text block that says something. Not:
        open thinking, which has no signature; open calls, whose input is cut;
        empty texts, which the API refuses; and calls of server tools without
        a result, because nobody could ever answer them.
        """
        answered = {block.get("tool_use_id") for block in self.finished_blocks()}
        return [
            block
            for index, block in enumerate(self.blocks)
            if (self._is_done(index) or block.get("type") == "text")
            and not (block.get("type") == "text" and not block.get("text"))
            and not (
                block.get("type") in _SERVER_CALLS and block.get("id") not in answered
            )
        ]

    def as_param(self) -> Message:
        """Return the message as it has to be sent back."""
        return {"role": "assistant", "content": list(self.blocks)}

    def apply(self, event: Event) -> None:
        """Fold one event in; an unknown event changes nothing.

        Raises MalformedEvent when the event cannot stand here.
        """
        fold = _FOLDS.get(event.get("type", ""))
        if fold is None:
            return
        if not self._message and event["type"] != "message_start":
            raise MalformedEvent(f"{event['type']} came before message_start")
        if self._message and event["type"] == "message_start":
            raise MalformedEvent("message_start came twice")
        if self.is_complete:
            raise MalformedEvent(f"{event['type']} came after message_stop")
        try:
            fold(self, event)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise MalformedEvent(f"{event['type']} lacks a part: {error!r}") from error

    def _start(self, event: Event) -> None:
        message = event["message"]
        content = message.get("content") or []
        self._message = {
            **_named(message),
            "content": [_checked_block(block) for block in content],
            "usage": _counts(dict(message.get("usage") or {})),
        }

    def _start_block(self, event: Event) -> None:
        index, block = event["index"], _checked_block(event["content_block"])
        if index != len(self.blocks):
            raise MalformedEvent(f"Block {index} came as number {len(self.blocks)}")
        self.blocks.append(block)
        self._open[index] = []
        if block.get("type") == "fallback":
            self.message["model"] = block["to"]["model"]

    def _grow_block(self, event: Event) -> None:
        index, delta = event["index"], event["delta"]
        block = self._open_block(index)
        kind = delta["type"]
        if not _takes(block.get("type", ""), kind):
            self.unknown_deltas.setdefault(index, []).append(delta)
            return
        _require_part(delta)
        if kind in ("text_delta", "thinking_delta"):
            self._grow_text(index, _PARTS[kind][0], delta)
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        elif kind == "signature_delta":
            block["signature"] = delta["signature"]
        elif kind == "input_json_delta":
            self._open[index].append(delta["partial_json"])
        else:
            # compaction_delta replaces; what it lacks stays as the start said.
            block.update({key: delta[key] for key in delta if key != "type"})

    def _grow_text(self, index: int, key: str, delta: Delta) -> None:
        pieces = self._pieces.get((index, key))
        if pieces is None:
            block = self._open_block(index)
            block[key] = block.get(key) or ""
            _require(isinstance(block[key], str), f"its {key} is no text")
            pieces = self._pieces[index, key] = []
        pieces.append(delta[key])

    def _join_pieces(self) -> None:
        for (index, key), pieces in self._pieces.items():
            self._message["content"][index][key] += "".join(pieces)
        self._pieces.clear()

    def _finish_block(self, event: Event) -> None:
        index = event["index"]
        block = self._open_block(index)
        input_json = "".join(self._open.pop(index))
        if not input_json:
            return
        parsed = _parse_input(input_json)
        if parsed is None:
            # Allowed with eager_input_streaming: the tool answers with an error.
            self.invalid_inputs[index] = input_json
        else:
            block["input"] = parsed

    def _change_message(self, event: Event) -> None:
        changes = dict(event["delta"])
        if changes.get("container") is None:
            changes.pop("container", None)
        others = {key: event[key] for key in event if key != "delta"}
        changed = _named(changes | others)
        self._message.update({k: changed[k] for k in changed if k not in _FIXED})
        for key, count in _counts(dict(event.get("usage") or {})).items():
            if count is not None:
                self.usage[key] = count

    def _finish(self, _event: Event) -> None:
        # Some gateways forget content_block_stop.
        for index in self.open_indexes:
            self._finish_block({"index": index})
        self.is_complete = True

    def _open_block(self, index: int) -> Block:
        if index not in self._open:
            raise MalformedEvent(f"Block {index} is not open")
        block: Block = self._message["content"][index]
        return block

    def _is_done(self, index: int) -> bool:
        return index not in self._open


_FOLDS: dict[str, Callable[[MessageSnapshot, Event], None]] = {
    "message_start": MessageSnapshot._start,
    "content_block_start": MessageSnapshot._start_block,
    "content_block_delta": MessageSnapshot._grow_block,
    "content_block_stop": MessageSnapshot._finish_block,
    "message_delta": MessageSnapshot._change_message,
    "message_stop": MessageSnapshot._finish,
}


def _takes(block_type: str, delta_type: str) -> bool:
    takers = _TAKERS.get(delta_type, frozenset())
    return block_type in takers or (bool(takers) and block_type not in _ALL_TAKERS)


def _parse_input(input_json: str) -> Block | None:
    try:
        parsed = json.loads(input_json)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _require(is_so: bool, problem: str) -> None:
    if not is_so:
        raise ValueError(problem)


def _require_part(delta: Delta) -> None:
    name, kind = _PARTS.get(delta["type"], ("type", str))
    _require(isinstance(delta[name], kind), f"its {name} is no {kind.__name__}")


def _checked_block(block: Block) -> Block:
    """Return a copy of a block that has a type, and text where text belongs."""
    block = dict(block)
    _require(bool(block["type"]) and isinstance(block["type"], str), "no type")
    if block["type"] in ("text", "thinking"):
        part = block["type"]
        # Some gateways leave the empty beginning out.
        block[part] = block.get(part) or ""
        _require(isinstance(block[part], str), f"its {part} is no text")
    return block


def _named(message: Message) -> Message:
    for name, longest in _LONGEST_NAMES.items():
        value = message.get(name)
        _require(
            value is None or (isinstance(value, str) and len(value) <= longest),
            f"its {name} is no name",
        )
    return message


def _counts(usage: Usage) -> Usage:
    """Return usage without the counts that are none: an answer is worth more."""
    return {key: usage[key] for key in usage if _is_count(key, usage[key])}


def _is_count(key: str, value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, dict):
        return all(_is_count(inner, value[inner]) for inner in value)
    if key == "iterations":
        return isinstance(value, list) and all(
            isinstance(entry, dict) and _is_count(key, entry) for entry in value
        )
    if key.endswith(("_tokens", "_requests")):
        return type(value) is int and 0 <= value <= _LARGEST_COUNT
    # What is split by kind must not come as anything else.
    return key not in ("cache_creation", "output_tokens_details", "server_tool_use")
