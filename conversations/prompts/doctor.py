"""Mends a stored history, so that Claude reads it again and the conversation goes on.

What is repaired is a row on the path and stays repaired: the next request begins with
the same bytes. A model switch is no problem and strips nothing.
"""

import re
from functools import partial

from conversations.claude import ClaudeError, InvalidRequest
from conversations.models import Message, Role, Turn
from conversations.models.repair import RepairKind
from conversations.models.wire import dump

from .attachments import gone_files, stored_files
from .build import path_of
from .diagnosis import find_problems
from .history import THINKING_TYPES, Sent, sent_messages
from .repairs import Repairs, added_to, repairs_of, store, together

type Notice = dict[str, str]

# The API's English is the only thing that tells this refusal from others: its error has
# no code (known texts: "Invalid `signature` in `thinking` block", "bound to a different
# conversation", "`redacted_thinking` blocks … cannot be modified").
ABOUT_THINKING = re.compile(
    r"signature|redacted_thinking|bound to a different conversation", re.IGNORECASE
)
SENTENCES = {
    RepairKind.THINKING_STRIPPED: "Claude could not read its earlier thinking here, so"
    " it was left out. The answers themselves are all there.",
    RepairKind.CALL_CLOSED: "A tool call had been interrupted. Claude was told that it"
    " has no result.",
    RepairKind.CALL_OMITTED: "A tool call that never got its result was left out.",
    RepairKind.RESULT_OMITTED: "A tool result whose call is not there was left out.",
}


def mend(turn: Turn) -> list[Notice]:
    """Repair what the API would refuse in the history of a turn's request.

    Returns `{type, message}` for what is new; [] for a sound history, or one that was
    mended before. Reads rows and looks for files; writes in the caller's transaction.
    """
    path = path_of(turn)
    before = repairs_of(path)
    heal = partial(_healed, turn, path)
    mended = heal(before)
    if _changes_thinking(sent_messages(path, before), sent_messages(path, mended)):
        # Thinking is signed over what stands before it: it does not survive the change.
        mended = heal(_without_thinking(path, mended))
    return _record(before, mended)


def mend_refused(turn: Turn, error: ClaudeError) -> list[Notice]:
    """Repair what the API has refused with `error`, before anything was shown.

    All earlier thinking is left out from this turn's message on, if the refusal is
    about it: signed by another organisation, or over a history that has changed since.
    Returns what is new; [] when a repair would change nothing.
    """
    if not isinstance(error, InvalidRequest) or not ABOUT_THINKING.search(
        error.message
    ):
        return []
    path = path_of(turn)
    before = repairs_of(path)
    mended = _healed(turn, path, _without_thinking(path, before))
    if _blocks(sent_messages(path, before)) == _blocks(sent_messages(path, mended)):
        return []
    return _record(before, mended)


def _healed(turn: Turn, path: list[Message], repairs: Repairs) -> Repairs:
    """Return the repairs with all that the history still needs.

    What one repair leaves out can leave another block without its partner.
    """
    while True:
        sent = sent_messages(path, repairs)
        messages = [item.as_param() for item in sent]
        stored = stored_files(messages, turn.conversation.owner_id)
        found = find_problems(sent, gone_files(messages, stored))
        if not found:
            return repairs
        repairs = together(repairs, found)


def _without_thinking(path: list[Message], repairs: Repairs) -> Repairs:
    """Return the repairs with all thinking before the last message left out.

    The thinking of a tool loop that still runs must not change, even by being left
    out (API guide, thinking). Then the loop is left out too: its calls and results.
    """
    question = path[-1].id
    found: Repairs = {(question, RepairKind.THINKING_STRIPPED): {}}
    if calls := _answered_last(sent_messages(path, repairs)):
        found[question, RepairKind.CALL_OMITTED] = {"calls": calls}
    return together(repairs, found)


def _answered_last(sent: list[Sent]) -> list[str]:
    """Return the calls whose results stand after the last answer."""
    calls: list[str] = []
    for item in reversed(sent):
        if item.message.role == Role.ASSISTANT:
            break
        calls += [
            block["tool_use_id"]
            for block in item.blocks
            if block["type"] == "tool_result"
        ]
    return calls


def _changes_thinking(before: list[Sent], after: list[Sent]) -> bool:
    """Whether thinking stands behind the first difference of two histories."""
    old, new = _blocks(before), _blocks(after)
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    kinds = [block["type"] for item in after for block in item.blocks]
    return same < len(old) and not THINKING_TYPES.isdisjoint(kinds[same:])


def _blocks(sent: list[Sent]) -> list[str]:
    return [dump([item.message.role, block]) for item in sent for block in item.blocks]


def _record(before: Repairs, mended: Repairs) -> list[Notice]:
    """Store what is new and say it in words for people, each thing once."""
    new = added_to(before, mended)
    store(new)
    kinds = {kind for _, kind in new}
    notices = [
        {"type": str(kind), "message": sentence}
        for kind, sentence in SENTENCES.items()
        if kind in kinds
    ]
    known = _gone(before)
    texts = {text: None for file, text in _gone(new).items() if file not in known}
    return notices + [_gone_notice(text) for text in texts]


def _gone(repairs: Repairs) -> dict[str, str]:
    """Return the text for each file that is gone."""
    return {
        file: text
        for (_, kind), detail in repairs.items()
        if kind == RepairKind.FILE_GONE
        for file, text in detail["files"].items()
    }


def _gone_notice(text: str) -> Notice:
    sentence = text.strip("[]")
    return {
        "type": str(RepairKind.FILE_GONE),
        "message": f"{sentence} Claude was told so; attach it again if it matters.",
    }
