"""One page of a branch, oldest message first, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import Q

from conversations.models import Conversation, Message, ModelCard, Turn
from conversations.models.branches import Branches, Node

from .bodies import render_bodies
from .entries import Answer, Entry, Question, Versions

PAGE_MESSAGES = 30  # ours: a screen or three; older ones come on scroll


@dataclass(frozen=True)
class Page:
    """A stretch of a branch. `before` is its oldest message when there are older."""

    entries: list[Entry]
    leaf: UUID | None
    before: UUID | None = None

    @property
    def has_live_turn(self) -> bool:
        return any(
            entry.turn.is_live for entry in self.entries if isinstance(entry, Answer)
        )


class UnknownMessage(LookupError):
    """The message is not on the branch, or not in the conversation."""


def read_page(
    conversation: Conversation, leaf: UUID | None, before: UUID | None = None
) -> Page:
    """Return the newest messages of the branch, or those older than `before`.

    `leaf` may name any message; its branch goes on to the newest leaf below it.
    Raises UnknownMessage.
    """
    page = _read_page(conversation, leaf, before)
    if _ended_meanwhile(page):
        conversation.refresh_from_db(fields=["leaf"])
        page = _read_page(conversation, leaf, before)
    return page


def _ended_meanwhile(page: Page) -> bool:
    """Say whether a turn ended between the reading of the branch and of the turn.

    It would look like an answer without a word, and nothing would load it anew.
    """
    last = page.entries[-1] if page.entries else None
    return (
        isinstance(last, Answer)
        and not last.messages
        and not last.turn.is_live
        and last.turn.messages.exists()
    )


def _read_page(
    conversation: Conversation, leaf: UUID | None, before: UUID | None
) -> Page:
    branches = Branches.of(conversation)
    leaf_id = _leaf(branches, conversation, leaf)
    path = branches.path(leaf_id)
    end = _place(path, before) if before else len(path)
    start = _start_of_page(path, end)
    entries = _Reader(conversation, branches).entries(path[start:end])
    older = path[start].id if start else None
    return Page(entries, leaf_id, older)


def read_message(conversation: Conversation, message_id: UUID) -> Entry:
    """Return the entry that a message belongs to. Raises UnknownMessage."""
    branches = Branches.of(conversation)
    if (node := branches.nodes.get(message_id)) is None:
        raise UnknownMessage(message_id)
    nodes = branches.of_turn(node.turn_id) if node.turn_id else [node]
    return _Reader(conversation, branches).entries(nodes, with_pending=False)[0]


def read_turn(turn: Turn) -> Answer:
    """Return a turn's answer, written or not."""
    branches = Branches.of(turn.conversation)
    reader = _Reader(turn.conversation, branches)
    return reader.answer_alone(turn.id, branches.of_turn(turn.id))


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


def _start_of_page(path: Sequence[Node], end: int) -> int:
    """Step back so far that no answer is cut in two."""
    start = max(0, end - PAGE_MESSAGES)
    while 0 < start < end and path[start].turn_id is not None:
        if path[start - 1].turn_id != path[start].turn_id:
            break
        start -= 1
    return start


class _Reader:
    """Fetches what a stretch of nodes needs, each table once."""

    def __init__(self, conversation: Conversation, branches: Branches) -> None:
        self.conversation = conversation
        self.branches = branches
        self.messages: dict[UUID, Message] = {}
        self.turns: dict[UUID, Turn] = {}

    def entries(
        self, nodes: Sequence[Node], *, with_pending: bool = True
    ) -> list[Entry]:
        self._fetch(nodes)
        entries = [
            self._entry(list(group))
            for _, group in groupby(nodes, key=lambda node: node.turn_id or node.id)
        ]
        if with_pending:
            self._add_pending(entries)
        self._render(entries)
        return entries

    def answer_alone(self, turn_id: UUID, nodes: Sequence[Node]) -> Answer:
        self._fetch(nodes, turn_id)
        answer = self._answer(turn_id, list(nodes))
        self._render([answer])
        return answer

    def _fetch(self, nodes: Sequence[Node], turn_id: UUID | None = None) -> None:
        ids = [node.id for node in nodes]
        rows = Message.objects.filter(conversation=self.conversation, id__in=ids)
        self.messages = {row.id: row for row in rows.prefetch_related("attachments")}
        wanted = {node.turn_id for node in nodes} | {turn_id}
        turns = Turn.objects.filter(conversation=self.conversation).filter(
            Q(id__in=wanted - {None}) | Q(user_message__in=ids)
        )
        self.turns = {
            turn.id: turn for turn in turns.prefetch_related("usage").order_by("id")
        }

    def _entry(self, nodes: list[Node]) -> Entry:
        if (turn_id := nodes[0].turn_id) is not None:
            return self._answer(turn_id, nodes)
        message = self.messages[nodes[0].id]
        return Question(
            message, self._versions(nodes[0]), list(message.attachments.all())
        )

    def _answer(self, turn_id: UUID, nodes: list[Node]) -> Answer:
        if not nodes:
            return self._unwritten(self.turns[turn_id])
        messages = [self.messages[node.id] for node in nodes]
        return Answer(self.turns[turn_id], messages, self._versions(nodes[0]))

    def _versions(self, node: Node) -> Versions:
        return Versions(self.branches.versions(node), node.id)

    def _add_pending(self, entries: list[Entry]) -> None:
        """Show the newest turn of a question that ends the branch.

        It runs, or it ended without a word: then it counts as one more version beside
        the answers that were given before.
        """
        if not entries or isinstance(question := entries[-1], Answer):
            return
        answering = [
            turn
            for turn in self.turns.values()
            if turn.user_message_id == question.message.id
        ]
        if not answering:
            return
        entries.append(self._unwritten(answering[-1]))

    def _unwritten(self, turn: Turn) -> Answer:
        others = self.branches.answers_to(turn.user_message_id, except_turn=turn.id)
        versions = Versions([*others, turn.id], turn.id) if others else Versions()
        return Answer(turn, [], versions)

    def _render(self, entries: Sequence[Entry]) -> None:
        answers = [entry for entry in entries if isinstance(entry, Answer)]
        names = dict(ModelCard.objects.values_list("model_id", "display_name"))
        bodies = render_bodies(
            {answer.turn: answer.messages for answer in answers if answer.messages}
        )
        for answer in answers:
            answer.model_name = names.get(answer.turn.model) or answer.turn.model
            answer.body = bodies.get(answer.turn.id, answer.body)
