"""A conversation as a reviewer reads it: nothing folded away, nothing to press."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

from conversations.models import Conversation, Message, State, Turn
from conversations.models.branches import Branches
from conversations.rendering.blocks import MAX_JSON_LENGTH
from conversations.transcripts.answers import Answer, Part
from conversations.transcripts.entries import Question
from conversations.transcripts.notices import Kept, Notice, notice_for
from conversations.transcripts.pages import read_page

from . import columns
from .reviewed_body import render_body
from .reviewed_file import ReviewedFile

type HasPermission = Callable[[str], bool]


@dataclass(frozen=True)
class Rights:
    """Which pages of the admin the transcript may lead to."""

    attachments: bool
    turns: bool
    messages: bool

    @classmethod
    def of(cls, has_permission: HasPermission) -> "Rights":
        return cls(
            *(
                has_permission(f"conversations.view_{name}")
                for name in ("attachment", "turn", "message")
            )
        )


@dataclass(frozen=True)
class Stored:
    """A message as stored, to look up what the page does not show."""

    message: Message
    href: str

    @property
    def json(self) -> str:
        text = columns.pretty(self.message.blocks)
        rest = len(text) - MAX_JSON_LENGTH
        if rest <= 0:
            return text
        return f"{text[:MAX_JSON_LENGTH]}\n… {rest} more characters"


@dataclass(frozen=True)
class Attempt:
    """A turn that answered a question: shown below, on another branch, or wordless."""

    turn: Turn
    href: str
    leaf: UUID | None
    is_shown: bool

    @property
    def label(self) -> str:
        return State(self.turn.state).label

    @property
    def problem(self) -> str:
        notice = None if self.leaf else notice_for(self.turn, Kept())
        return notice.title if notice else ""


@dataclass(frozen=True)
class ReviewedQuestion:
    """A person's message with its files, and every turn that answered it."""

    entry: Question
    files: Sequence[ReviewedFile]
    stored: Sequence[Stored]
    attempts: Sequence[Attempt] = ()

    template = "admin/conversations/conversation/_question.html"


@dataclass(frozen=True)
class ReviewedPart:
    """What one turn wrote of an answer, and the message that asked for it.

    The owner sees neither that message nor where one part ends and the next begins.
    """

    part: Part
    stored: Sequence[Stored]
    turn_href: str = ""
    asked_by: ReviewedQuestion | None = None

    @property
    def state(self) -> SafeString | str:
        return columns.state(self.part.turn.state)

    @property
    def rounds(self) -> Sequence[Any]:
        records = self.part.turn.usage.all()
        return sorted(records, key=lambda record: (record.round, record.id))


@dataclass(frozen=True)
class ReviewedAnswer:
    """An answer with what its parts cost and how they went."""

    entry: Answer
    parts: Sequence[ReviewedPart]
    body: SafeString
    withdrawn: SafeString

    template = "admin/conversations/conversation/_answer.html"

    @cached_property
    def notice(self) -> Notice | None:
        """Why it looks as it does; the owner's buttons are not the reviewer's."""
        notice = self.entry.notice
        return replace(notice, actions=()) if notice else None


@dataclass(frozen=True)
class Transcript:
    """A stretch of one branch. `before` is its oldest message when there are older."""

    entries: Sequence[ReviewedQuestion | ReviewedAnswer]
    leaf: UUID | None
    before: UUID | None
    is_newest: bool
    owner: str


def read_transcript(
    conversation: Conversation,
    leaf: UUID | None,
    before: UUID | None,
    has_permission: HasPermission,
) -> Transcript:
    """Return the newest messages of a branch, or those older than `before`.

    Raises UnknownMessage.
    """
    page = read_page(conversation, leaf, before)
    rights = Rights.of(has_permission)
    answers = [entry for entry in page.entries if isinstance(entry, Answer)]
    asked = [entry.message for entry in page.entries if isinstance(entry, Question)]
    asked += [part.asked_by for a in answers for part in a.parts if part.asked_by]
    attempts = _attempts(conversation, asked, answers, rights)
    return Transcript(
        entries=[
            _answer(entry, attempts, rights)
            if isinstance(entry, Answer)
            else _question(entry, attempts[entry.message.id], rights)
            for entry in page.entries
        ],
        leaf=page.leaf,
        before=page.before,
        is_newest=before is None,
        owner=str(conversation.owner),
    )


def _question(
    entry: Question, attempts: Sequence[Attempt], rights: Rights
) -> ReviewedQuestion:
    files = [
        ReviewedFile.of(attachment, may_open=rights.attachments)
        for attachment in entry.attachments
    ]
    return ReviewedQuestion(entry, files, _stored([entry.message], rights), attempts)


def _answer(
    entry: Answer, attempts: Mapping[UUID, Sequence[Attempt]], rights: Rights
) -> ReviewedAnswer:
    return ReviewedAnswer(
        entry,
        [_part(part, attempts, rights) for part in entry.parts],
        render_body(entry.readable, entry.body, with_files=rights.attachments),
        render_body(entry.refused, entry.withdrawn, with_files=rights.attachments),
    )


def _part(
    part: Part, attempts: Mapping[UUID, Sequence[Attempt]], rights: Rights
) -> ReviewedPart:
    asked_by = part.asked_by
    return ReviewedPart(
        part,
        _stored(part.messages, rights),
        columns.admin_url(part.turn) if rights.turns else "",
        _question(Question(asked_by), attempts[asked_by.id], rights)
        if asked_by
        else None,
    )


def _stored(messages: Sequence[Message], rights: Rights) -> list[Stored]:
    return [
        Stored(message, columns.admin_url(message) if rights.messages else "")
        for message in messages
    ]


def _attempts(
    conversation: Conversation,
    asked: Sequence[Message],
    answers: Sequence[Answer],
    rights: Rights,
) -> dict[UUID, list[Attempt]]:
    """Return the turns of each question, oldest first, whether they wrote or not."""
    branches = Branches.of(conversation)
    shown = {turn.id for answer in answers for turn in answer.turns}
    turns = Turn.objects.filter(
        conversation=conversation,
        user_message__in=[message.id for message in asked],
    )
    attempts: dict[UUID, list[Attempt]] = defaultdict(list)
    for turn in turns.order_by("id"):
        written = branches.of_turn(turn.id)
        attempts[turn.user_message_id].append(
            Attempt(
                turn,
                columns.admin_url(turn) if rights.turns else "",
                written[0].id if written else None,
                turn.id in shown,
            )
        )
    return attempts
