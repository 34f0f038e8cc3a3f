"""What the API would refuse in the history of a request: calls, results and files.

A call of a client tool must be answered by a result at the beginning of the next user
message, and a call of a server tool by the server, in the same answer or, when only
results came in between, in the next one. A result must answer a call.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from conversations.models import Role
from conversations.models.repair import RepairKind
from conversations.models.wire import Block

from .history import THINKING_TYPES, Sent
from .references import attachment_id
from .repairs import Repairs, together

# Most conversations hold nothing else, and every request asks.
WITHOUT_PARTNER = frozenset(
    {"text", "image", "document", "compaction", *THINKING_TYPES}
)
INTERRUPTED_CALL = "The call was interrupted. It has no result."


def find_problems(sent: Sequence[Sent], gone: Mapping[str, str]) -> Repairs:
    """Return the repairs that a history needs; {} for a sound one.

    `gone` has the text that takes the place of each lost file.
    """
    found = _gone_on(sent, gone) if gone else {}
    if WITHOUT_PARTNER.issuperset(
        block["type"] for item in sent for block in item.blocks
    ):
        return found
    calls = _Calls()
    # Neighbours of one role are one message for the API; a system message is none.
    spoken = (item for item in sent if item.message.role != Role.SYSTEM)
    for role, run in groupby(spoken, key=lambda item: item.message.role):
        if role == Role.ASSISTANT:
            calls.read_answer(list(run))
        else:
            calls.read_question(list(run))
    return found | calls.found


def _gone_on(sent: Sequence[Sent], gone: Mapping[str, str]) -> Repairs:
    found: Repairs = {}
    for item in sent:
        references = (attachment_id(block) or "" for block in item.blocks)
        if files := {key: gone[key] for key in references if key in gone}:
            found[item.message.id, RepairKind.FILE_GONE] = {"files": files}
    return found


class _Calls:
    """The calls of a path that wait for a result, while its messages go by."""

    def __init__(self) -> None:
        self.found: Repairs = {}
        self._client: dict[str, Block] = {}
        self._server: set[str] = set()
        # A server call that runs code may make client calls: call -> server call.
        self._made_by: dict[str, str | None] = {}

    def read_answer(self, run: Sequence[Sent]) -> None:
        """Take the calls of an answer in, and the results that servers gave."""
        self._client = {}
        for item in run:
            for block in item.blocks:
                if block["type"] == "tool_use":
                    self._client[block["id"]] = block
                    maker = (block.get("caller") or {}).get("tool_id")
                    self._made_by[block["id"]] = maker
                elif block["type"].endswith("_tool_use"):
                    self._server.add(block["id"])
                elif "tool_use_id" in block:
                    self._take_server_result(item, block)

    def read_question(self, run: Sequence[Sent]) -> None:
        """Hold the results of a user message against the calls before it."""
        answered = set()
        only_results = True
        for item in run:
            for block in item.blocks:
                call = block.get("tool_use_id")
                if block["type"] != "tool_result":
                    only_results = False
                elif only_results and call in self._client and call not in answered:
                    answered.add(call)
                else:
                    self._omit_result(item, block)
        first = run[0].message.id
        omitted = set() if only_results else self._omit_server_calls(first)
        self._close(first, set(self._client) - answered - omitted)
        self._client = {}

    def _take_server_result(self, item: Sent, block: Block) -> None:
        if block["tool_use_id"] in self._server:
            self._server.remove(block["tool_use_id"])
        else:
            self._omit_result(item, block)

    def _omit_server_calls(self, message_id: UUID) -> set[str]:
        """Leave out what no server will answer any more, and the calls it made."""
        made = {call for call, maker in self._made_by.items() if maker in self._server}
        omitted = self._server | made
        if omitted:
            self._add(message_id, RepairKind.CALL_OMITTED, {"calls": sorted(omitted)})
        self._server = set()
        return omitted

    def _close(self, message_id: UUID, calls: set[str]) -> None:
        results = [
            interrupted_result(block)
            for call, block in self._client.items()
            if call in calls
        ]
        if results:
            self._add(message_id, RepairKind.CALL_CLOSED, {"results": results})

    def _omit_result(self, item: Sent, block: Block) -> None:
        detail = {"calls": [block["tool_use_id"]]}
        self._add(item.message.id, RepairKind.RESULT_OMITTED, detail)

    def _add(self, message_id: UUID, kind: RepairKind, detail: dict[str, Any]) -> None:
        self.found = together(self.found, {(message_id, kind): detail})


def interrupted_result(call: Block) -> Block:
    """Return the result that closes a call which nobody will run any more."""
    result = {
        "type": "tool_result",
        "tool_use_id": call["id"],
        "content": INTERRUPTED_CALL,
        "is_error": True,
    }
    if toolset := call.get("toolset_name"):
        result["toolset_name"] = toolset
    return result
