"""Rows become what the log shows, each table read once."""

from collections import deque
from collections.abc import Hashable, Sequence
from functools import cached_property
from itertools import groupby
from uuid import UUID

from django.db.models import Q

from conversations.models import Conversation, Message, ModelCard, Turn
from conversations.models.branches import Node

from .answers import Answer, Part
from .bodies import render_bodies
from .compactions import CompactionCard, Compactions
from .continuations import Continuations
from .entries import Entry, Question
from .kept import KeptEntries, KeptEntry
from .versions import Versions


class Reader:
    """Makes the entries of a stretch of one branch."""

    def __init__(
        self, conversation: Conversation, continuations: Continuations
    ) -> None:
        self.conversation = conversation
        self.continuations = continuations
        self.messages: dict[UUID, Message] = {}
        self.turns: dict[UUID, Turn] = {}

    @cached_property
    def compactions(self) -> Compactions:
        return Compactions.of(self.conversation)

    def entries(
        self,
        nodes: Sequence[Node],
        *,
        with_pending: bool,
        pending: Turn | None = None,
    ) -> list[Entry]:
        """Return what the nodes show.

        `pending` is a turn without a message that answers the last node;
        `with_pending` looks for it.
        """
        self._fetch(nodes, pending)
        entries: list[Entry] = []
        for _, group in groupby(nodes, key=lambda node: node.turn_id or node.id):
            self._add(entries, list(group))
        if with_pending and nodes:
            pending = self._pending(nodes[-1])
        if pending is not None:
            self._add_part(entries, self._part(self.turns[pending.id]))
        self._finish([entry for entry in entries if isinstance(entry, Answer)])
        return entries

    def entries_or_kept(
        self, nodes: Sequence[Node], kept: KeptEntries, *, with_pending: bool
    ) -> list[Entry | KeptEntry]:
        """Return what the nodes show, and read only what is not `kept`."""
        stretches = self.continuations.stretches(nodes)
        found = [self._find(kept, stretch) for stretch in stretches]
        if nodes and nodes[-1].turn_id is None:
            found[-1] = None  # an answer may have begun that has no message yet
        unknown = [
            node
            for stretch, entry in zip(stretches, found, strict=True)
            if entry is None
            for node in stretch
        ]
        if not unknown:
            return [entry for entry in found if entry]
        with_pending = with_pending and unknown[-1] == nodes[-1]
        read = deque(self.entries(unknown, with_pending=with_pending))
        entries: list[Entry | KeptEntry] = []
        for stretch, entry in zip(stretches, found, strict=True):
            entries += [entry] if entry else self._take(read, stretch)
        return [*entries, *read]

    def _find(self, kept: KeptEntries, stretch: Sequence[Node]) -> KeptEntry | None:
        entry = kept.find(self._key(stretch))
        is_current = entry and entry.model_name == self._name_of(entry.models)
        return entry if is_current else None

    def _take(self, read: deque[Entry], stretch: Sequence[Node]) -> list[Entry]:
        """Take the entries of a stretch from the front of those that were read."""
        ids = {node.id for node in stretch}
        taken = []
        while read and read[0].first_id in ids:
            taken.append(read.popleft())
        if len(taken) == 1 and taken[0].is_final:
            taken[0].key = self._key(stretch)
        return taken

    def _key(self, stretch: Sequence[Node]) -> Hashable:
        """Return all that a final entry depends on and that may change.

        That is which versions there are: its own messages stay what they are.
        """
        first = stretch[0]
        compaction = self.compactions.key([node.id for node in stretch])
        if first.turn_id is None:
            versions = self.continuations.questions_beside(first)
            shown = first.id
        else:
            assert first.parent_id is not None
            versions = self.continuations.answers_to(first.parent_id)
            last_turn = stretch[-1].turn_id
            begun = next(node for node in stretch if node.turn_id == last_turn)
            shown = self.continuations.version_of(begun.id)
        return *(node.id for node in stretch), compaction, *versions, shown

    def _fetch(self, nodes: Sequence[Node], pending: Turn | None) -> None:
        ids = [node.id for node in nodes]
        rows = Message.objects.filter(conversation=self.conversation, id__in=ids)
        self.messages = {row.id: row for row in rows.prefetch_related("attachments")}
        wanted = {node.turn_id for node in nodes} | {pending and pending.id}
        turns = Turn.objects.filter(conversation=self.conversation).filter(
            Q(id__in=wanted - {None}) | Q(user_message__in=ids)
        )
        beside = ["usage"]
        if any(node.has_results for node in nodes):
            beside.append("tool_calls")
        self.turns = {
            turn.id: turn for turn in turns.prefetch_related(*beside).order_by("id")
        }

    def _add(self, entries: list[Entry], nodes: list[Node]) -> None:
        """Add a message of a person, or the messages of one turn."""
        if (turn_id := nodes[0].turn_id) is not None:
            messages = [self.messages[node.id] for node in nodes]
            self._add_part(entries, self._part(self.turns[turn_id], messages))
        elif not (self._is_rest(nodes[0].id) and _last_answer(entries)):
            entries.append(self._question(nodes[0]))

    def _add_part(self, entries: list[Entry], part: Part) -> None:
        answer = _last_answer(entries)
        if answer is None or part.asked_by is None:
            answer = Answer([])
            entries.append(answer)
        answer.parts.append(part)

    def _part(self, turn: Turn, messages: Sequence[Message] = ()) -> Part:
        is_rest = self._is_rest(turn.user_message_id)
        asked_by = self.messages.get(turn.user_message_id) if is_rest else None
        return Part(turn, list(messages), asked_by)

    def _question(self, node: Node) -> Question:
        versions = Versions(self.continuations.questions_beside(node), node.id)
        message = self.messages[node.id]
        return Question(message, versions, list(message.attachments.all()))

    def _pending(self, last: Node) -> Turn | None:
        """Return the newest turn of a person's message that ends the branch.

        It runs, or it ended without a word.
        """
        answering = [
            turn for turn in self.turns.values() if turn.user_message_id == last.id
        ]
        return answering[-1] if answering else None

    def _is_rest(self, message_id: UUID) -> bool:
        return self.continuations.asks_for_rest(message_id)

    def _finish(self, answers: Sequence[Answer]) -> None:
        """Give the answers what is read for all of them at once."""
        readable = [answer.readable for answer in answers if answer.readable]
        refused = [answer.refused for answer in answers if answer.refused]
        bodies = render_bodies([*readable, *refused])
        for answer in answers:
            answer.model_name = self._name_of(answer.models)
            answer.versions = self._answer_versions(answer)
            if row := self.compactions.below([item.id for item in answer.messages]):
                answer.compaction = CompactionCard(row, self._name_of([row.model]))
            if answer.readable:
                answer.body = bodies[answer.readable[-1].messages[-1].id]
            if answer.refused:
                answer.withdrawn = bodies[answer.refused[-1].messages[-1].id]

    def _name_of(self, models: Sequence[str]) -> str:
        return ", ".join(self._names.get(model) or model for model in models)

    @cached_property
    def _names(self) -> dict[str, str]:
        return dict(ModelCard.objects.values_list("model_id", "display_name"))

    def _answer_versions(self, answer: Answer) -> Versions:
        """Return the answers to the same question; the shown one may be unwritten."""
        ids = self.continuations.answers_to(answer.first.turn.user_message_id)
        shown = self._version_of(answer.parts[-1])
        if shown is None and answer.is_continued:
            # Nothing came of the rest so far: it is no other version.
            before = self._version_of(answer.parts[-2])
            shown = before if before in ids else None
        shown = shown or answer.turn.id
        return Versions(ids if shown in ids else [*ids, shown], shown)

    def _version_of(self, part: Part) -> UUID | None:
        if not part.messages:
            return None
        return self.continuations.version_of(part.messages[0].id)


def _last_answer(entries: Sequence[Entry]) -> Answer | None:
    last = entries[-1] if entries else None
    return last if isinstance(last, Answer) else None
