"""One page of a branch, oldest message first, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from conversations.models import Conversation, Turn
from conversations.models.branches import Branches, Node

from .answers import Answer
from .continuations import Continuations
from .entries import Entry
from .kept import KeptEntries, KeptEntry
from .reader import Reader

PAGE_MESSAGES = 30  # ours: a screen or three; older ones come on scroll


@dataclass(frozen=True)
class Page[E]:
    """A stretch of a branch. `before` is its oldest message when there are older."""

    entries: list[E]
    leaf: UUID | None
    before: UUID | None = None

    @property
    def has_live_turn(self) -> bool:
        return any(
            entry.turn.is_live for entry in self.entries if isinstance(entry, Answer)
        )

    @property
    def is_put_off(self) -> bool:
        """Whether the live turn is answered within a day, not within moments."""
        answers = (entry for entry in self.entries if isinstance(entry, Answer))
        return any(answer.turn.is_live and answer.turn.later for answer in answers)

    @property
    def is_compacting(self) -> bool:
        answers = (entry for entry in self.entries if isinstance(entry, Answer))
        cards = (answer.compaction for answer in answers)
        return any(card is not None and card.row.is_live for card in cards)


class Read[E](Protocol):
    """How the entries of a page come about."""

    def __call__(
        self, reader: Reader, nodes: Sequence[Node], /, *, with_pending: bool
    ) -> list[E]: ...


class UnknownMessage(LookupError):
    """The message is not on the branch, or not in the conversation."""


def read_page(
    conversation: Conversation, leaf: UUID | None, before: UUID | None = None
) -> Page[Entry]:
    """Return the newest messages of the branch, or those older than `before`.

    `leaf` may name any message; its branch goes on to the newest leaf below it.
    Raises UnknownMessage.
    """
    return _read_page(conversation, leaf, before, Reader.entries)


def read_page_to_print(
    conversation: Conversation,
    leaf: UUID | None,
    before: UUID | None = None,
    *,
    kept: KeptEntries,
) -> Page[Entry | KeptEntry]:
    """Return the same page, without reading what is `kept` of it in print."""
    read = partial(Reader.entries_or_kept, kept=kept)
    return _read_page(conversation, leaf, before, read)


def _read_page[E](
    conversation: Conversation, leaf: UUID | None, before: UUID | None, read: Read[E]
) -> Page[E]:
    page = _read_page_once(conversation, leaf, before, read)
    if _ended_meanwhile(page):
        conversation.refresh_from_db(fields=["leaf"])
        page = _read_page_once(conversation, leaf, before, read)
    return page


def _ended_meanwhile(page: Page[Any]) -> bool:
    """Say whether a turn ended between the reading of the branch and of the turn.

    It would look like an answer without a word, and nothing would load it anew.
    """
    last = page.entries[-1] if page.entries else None
    return (
        isinstance(last, Answer)
        and not last.parts[-1].messages
        and not last.turn.is_live
        and last.turn.messages.exists()
    )


def _read_page_once[E](
    conversation: Conversation, leaf: UUID | None, before: UUID | None, read: Read[E]
) -> Page[E]:
    branches = Branches.of(conversation)
    continuations = Continuations.of(branches, conversation)
    leaf_id = _leaf(branches, conversation, leaf)
    path = branches.path(leaf_id)
    end = _place(path, before) if before else len(path)
    start = continuations.beginning(path, max(0, end - PAGE_MESSAGES))
    reader = Reader(conversation, continuations)
    entries = read(reader, path[start:end], with_pending=end == len(path))
    older = path[start].id if start else None
    return Page(entries, leaf_id, older)


def read_message(conversation: Conversation, message_id: UUID) -> Entry:
    """Return the entry that a message belongs to. Raises UnknownMessage.

    Of an answer that was continued it is all that was written up to the message's turn.
    """
    branches = Branches.of(conversation)
    if (node := branches.nodes.get(message_id)) is None:
        raise UnknownMessage(message_id)
    nodes = branches.of_turn(node.turn_id) if node.turn_id else [node]
    return _entry_at(conversation, branches, nodes[-1])


def read_turn(turn: Turn) -> Answer:
    """Return a turn's answer, written or not, with what it continues."""
    branches = Branches.of(turn.conversation)
    written = branches.of_turn(turn.id)
    last = written[-1] if written else branches.nodes[turn.user_message_id]
    entry = _entry_at(turn.conversation, branches, last, None if written else turn)
    assert isinstance(entry, Answer)
    return entry


def _entry_at(
    conversation: Conversation,
    branches: Branches,
    last: Node,
    pending: Turn | None = None,
) -> Entry:
    """Return the entry that ends with a message, or with a turn that answers it."""
    continuations = Continuations.of(branches, conversation)
    path = branches.path(last.id)
    start = continuations.beginning(path, len(path) - 1)
    reader = Reader(conversation, continuations)
    return reader.entries(path[start:], with_pending=False, pending=pending)[-1]


def _leaf(
    branches: Branches, conversation: Conversation, leaf: UUID | None
) -> UUID | None:
    if leaf is None:
        return conversation.leaf_id
    if leaf not in branches.nodes:
        raise UnknownMessage(leaf)
    return branches.newest_leaf(leaf)


def _place(path: Sequence[Node], message_id: UUID) -> int:
    for place, node in enumerate(path):
        if node.id == message_id:
            return place
    raise UnknownMessage(message_id)
