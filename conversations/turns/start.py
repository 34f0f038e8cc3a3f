"""A person's command becomes a committed turn that is being answered.

Order: commit -> `message.accepted` -> subscribe -> launch. A repeated `client_id` of
the same author returns what was accepted the first time.
"""

import asyncio
import contextvars
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError
from django.db.models import Q, QuerySet, UUIDField
from django.db.models.functions import Now
from django.utils import timezone

from conversations.catalog import default_model
from conversations.models import Attachment, Conversation, Message, Role, State, Turn
from conversations.models.branches import Node
from conversations.models.conversation import find_visible
from conversations.models.message import MessageQuerySet
from conversations.models.prefix import find_prefix
from conversations.models.prepared import PreparedInsert, PreparedQuery, PreparedUpdate
from conversations.prompts.composing import continue_text, user_blocks
from conversations.prompts.prefix import new_prefix
from conversations.prompts.titles import first_words
from conversations.protocol.commands import (
    CommandRejected,
    ContinueTurn,
    EditMessage,
    RetryTurn,
    SendMessage,
    Settings,
)
from conversations.protocol.events import ConversationChanged, MessageAccepted
from conversations.tools.base import Definition

from . import lease, runner
from .checks import (
    require_fitting,
    require_idle,
    require_no_prefix,
    require_served,
    resolve_attachments,
    resolve_card,
    resolve_schema,
    resolve_tools,
)
from .claims import claims
from .hub import conversation_topic, hub, person_topic
from .later import put_off, require_batches
from .objects import conversation_object, message_object, turn_object
from .relay import relay
from .trouble import PASSING_ERRORS, rejection_of
from .writer import writer

type StartCommand = SendMessage | EditMessage | RetryTurn | ContinueTurn


@dataclass(frozen=True)
class Acceptance:
    """What was committed. `is_new` is False for a command that came again."""

    client_id: UUID
    conversation: Conversation
    message: Message
    turn: Turn
    attachments: list[Attachment]
    versions: list[UUID]
    # What the message follows, as people know it.
    parent_id: UUID | None
    is_new: bool

    def as_event(self) -> MessageAccepted:
        return MessageAccepted(
            client_id=self.client_id,
            conversation=conversation_object(self.conversation),
            message=message_object(
                self.message, self.versions, self.attachments, self.parent_id
            ),
            turn=turn_object(self.turn),
        )


async def start_turn(
    user: AbstractBaseUser,
    command: StartCommand,
    *,
    before_launch: Callable[[Acceptance], None] = lambda acceptance: None,
) -> Acceptance:
    """Commit what the command asks for and start to answer it.

    `before_launch` runs between the commit and the first event of the turn: the
    moment to subscribe. Raises CommandRejected.

    A task of its own: a request is cancelled when its client hangs up, and what was
    committed must be launched all the same.
    """
    task = asyncio.get_running_loop().create_task(
        _start_turn(user, command, before_launch), context=contextvars.Context()
    )
    return await asyncio.shield(task)


async def _start_turn(
    user: AbstractBaseUser,
    command: StartCommand,
    before_launch: Callable[[Acceptance], None],
) -> Acceptance:
    try:
        claims.require_open()
        acceptance = await _commit(user, command)
    except CommandRejected as rejection:
        rejection.command, rejection.client_id = command.name, command.client_id
        raise
    before_launch(acceptance)
    if acceptance.is_new:
        _tell(user, acceptance)
        _begin_answer(acceptance.turn)
    return acceptance


async def _commit(user: AbstractBaseUser, command: StartCommand) -> Acceptance:
    try:
        try:
            return await writer.do(lambda: _accept(user, command))
        except (IntegrityError, CommandRejected) as refusal:
            # The constraints ask what two queries would have to ask each time.
            return await writer.do(partial(_accept_again, user, command, refusal))
    except PASSING_ERRORS as error:
        raise rejection_of(error) from error


def _begin_answer(turn: Turn) -> None:
    if turn.state == State.RUNNING:
        runner.launch(turn)
    else:
        relay.wake_workers()


def _tell(user: AbstractBaseUser, acceptance: Acceptance) -> None:
    conversation_id = acceptance.conversation.id
    hub.publish(conversation_topic(conversation_id), [acceptance.as_event()])
    is_first = acceptance.message.parent_id is None
    changed = ConversationChanged(
        conversation=conversation_id, change="created" if is_first else "updated"
    )
    hub.publish(person_topic(user.pk), [changed])


def _accept(user: AbstractBaseUser, command: StartCommand) -> Acceptance:
    """Do all of it in one transaction; a job for the writer."""
    return _acceptance_of(_create(user, command), command, is_new=True)


def _accept_again(
    user: AbstractBaseUser, command: StartCommand, refusal: Exception
) -> Acceptance:
    """Return what was accepted before, or say why not; a job for the writer."""
    earlier = Turn.objects.filter(author_id=user.pk, client_id=command.client_id)
    turn = earlier.select_related("conversation", "user_message").first()
    if turn is not None:
        return _acceptance_of(turn, command, is_new=False)
    if isinstance(refusal, CommandRejected):
        raise refusal
    if isinstance(command, SendMessage) and command.conversation is not None:
        # What the others ask each time: it is the constraint that has refused.
        require_idle(command.conversation)
    return _accept(user, command)


def _acceptance_of(turn: Turn, command: StartCommand, *, is_new: bool) -> Acceptance:
    message = turn.user_message
    has_files = not is_new or bool(getattr(command, "attachments", True))
    parent_id, versions = _place_in_tree(message)
    return Acceptance(
        client_id=command.client_id,
        conversation=turn.conversation,
        message=message,
        turn=turn,
        attachments=list(message.attachments.all()) if has_files else [],
        versions=versions,
        parent_id=parent_id,
        is_new=is_new,
    )


def _place_in_tree(message: Message) -> tuple[UUID | None, list[UUID]]:
    """Return what a person's message follows, and all that do so, oldest first.

    Results of tools stand in the tree as messages, but nobody has said them.
    """
    if message.parent_id is None:
        rows = _nodes(_first_messages.rows(conversation=message.conversation_id))
        parent_id = None
    else:
        rows = _nodes(_around.rows(parent=message.parent_id))
        [parent] = [row for row in rows if row.id == message.parent_id]
        parent_id = parent.parent_id if parent.has_results else parent.id
    versions = [
        row.id
        for row in rows
        if row.parent_id == message.parent_id
        and row.role == message.role
        and not row.has_results
    ]
    return parent_id, versions


def _nodes(rows: Iterable[Any]) -> list[Node]:
    return [Node(*row) for row in rows]


def _in_order(messages: MessageQuerySet) -> QuerySet[Message, Any]:
    return messages.order_by("id").values_list("id", "parent_id", "role", "turn_id")


_first_messages = PreparedQuery(
    lambda conversation: _in_order(
        Message.objects.filter(conversation_id=conversation, parent_id=None)
    ),
    conversation=UUIDField(),
)
_around = PreparedQuery(
    lambda parent: _in_order(
        Message.objects.filter(Q(parent_id=parent) | Q(id=parent))
    ),
    parent=UUIDField(),
)


def _create(user: AbstractBaseUser, command: StartCommand) -> Turn:
    match command:
        case SendMessage():
            conversation, parent = _place_of(user, command)
            if conversation is not None:
                require_no_prefix(command)
            attachments = resolve_attachments(user, command.attachments)
            return _ask(user, command, conversation, parent, command.text, attachments)
        case EditMessage():
            edited = _visible_message(user, command.message)
            require_idle(edited.conversation_id)
            attachments = resolve_attachments(user, command.attachments)
            return _ask(
                user,
                command,
                edited.conversation,
                edited.parent_id,
                command.text,
                attachments,
            )
        case RetryTurn():
            retried = _visible_turn(user, command.turn)
            require_idle(retried.conversation_id)
            chosen = command if command.model else _settings_of(retried)
            turn = _begin(user, command, chosen, retried.user_message)
            # The rest of an answer, asked for once more, is still the rest of it.
            return _continuing(turn, retried.continues_id)
        case ContinueTurn():
            return _continue(user, command)


def _place_of(
    user: AbstractBaseUser, command: SendMessage
) -> tuple[Conversation | None, UUID | None]:
    """Return the conversation (None for a new one) and the parent of a message."""
    if command.conversation is None:
        return None, None
    conversation = find_visible(user, command.conversation)
    if conversation is None:
        raise CommandRejected("not_found", "There is no such conversation.")
    if command.parent is None:
        return conversation, conversation.leaf_id
    # What a person answers includes the results of its tools, where there are any.
    results = Q(parent_id=command.parent, role=Role.USER, turn__isnull=False)
    found = conversation.messages.filter(Q(id=command.parent) | results)
    ids = list(found.order_by("id").values_list("id", flat=True))
    if command.parent not in ids:
        raise CommandRejected("not_found", "There is no such message to answer.")
    return conversation, ids[-1]


def _ask(
    user: AbstractBaseUser,
    command: SendMessage | EditMessage,
    conversation: Conversation | None,
    parent_id: UUID | None,
    text: str,
    attachments: list[Attachment],
) -> Turn:
    """Store a user message in its final wire form, and its turn."""
    if not text.strip() and not attachments:
        raise CommandRejected("empty_message", "Write something or attach a file.")
    if conversation is None:
        title = first_words(text) or attachments[0].name
        conversation = _new_conversation(user, title, command)
    message = _store_question(conversation, parent_id, text, attachments)
    return _begin(user, command, command, message)


def _continue(user: AbstractBaseUser, command: ContinueTurn) -> Turn:
    cut_off = _visible_turn(user, command.turn)
    require_idle(cut_off.conversation_id)
    written = cut_off.messages.order_by("id")
    answer = written.filter(role=Role.ASSISTANT).last()
    last = written.last()
    if answer is None or last is None:
        raise CommandRejected(
            "nothing_to_continue", "There is no answer to continue. Retry instead."
        )
    if cut_off.output_format:
        raise CommandRejected(
            "nothing_to_continue",
            "The rest of an answer in JSON would be a whole object again. Retry instead.",
        )
    text = continue_text(answer.text)
    message = _store_question(cut_off.conversation, last.id, text, [])
    turn = _begin(user, command, _settings_of(cut_off), message)
    return _continuing(turn, cut_off.id)


def _continuing(turn: Turn, cut_off_id: UUID | None) -> Turn:
    if cut_off_id is not None:
        turn.continues_id = cut_off_id
        turn.save(update_fields=["continues"])
    return turn


def _settings_of(turn: Turn) -> Settings:
    return Settings(
        model=turn.model,
        effort=turn.effort,
        thinking=turn.thinking,
        speed=turn.speed,
        inference_geo=turn.inference_geo,
        service_tier=turn.service_tier,
    )


def _tools_of(
    user: AbstractBaseUser, command: SendMessage | EditMessage
) -> list[Definition]:
    """Return the tools that a new conversation declares."""
    names = command.tools if isinstance(command, SendMessage) else ()
    if not names:
        return []
    card = resolve_card(command.model or default_model())
    return resolve_tools(user, card, names)


def _new_conversation(
    user: AbstractBaseUser, title: str, command: SendMessage | EditMessage
) -> Conversation:
    tools = _tools_of(user, command)
    text = command.json_schema if isinstance(command, SendMessage) else None
    return Conversation.objects.create(
        owner_id=user.pk,
        prefix=new_prefix(user, tools, resolve_schema(text, tools)),
        title=title,
        updated_at=timezone.now(),
    )


_insert_message = PreparedInsert(Message)
_insert_turn = PreparedInsert(Turn)
_move_leaf = PreparedUpdate(
    lambda id, leaf: (
        Conversation.objects.filter(id=id),
        {"leaf": leaf, "updated_at": Now()},
    ),
    id=UUIDField(),
    leaf=UUIDField(),
)


def _store_question(
    conversation: Conversation,
    parent_id: UUID | None,
    text: str,
    attachments: list[Attachment],
) -> Message:
    message = Message(
        conversation=conversation,
        parent_id=parent_id,
        role=Role.USER,
        content=user_blocks(text, attachments, cites=_cites(conversation, attachments)),
        text=text,
    )
    _insert_message.run(message)
    if attachments:
        message.attachments.set(attachments)
    return message


def _cites(conversation: Conversation, attachments: list[Attachment]) -> bool:
    return not attachments or find_prefix(conversation.prefix_id).citations


def _begin(
    user: AbstractBaseUser,
    command: StartCommand,
    chosen: Settings,
    message: Message,
) -> Turn:
    """Store a turn and look at its question.

    A process that answers has claimed it already: no second transaction, no wait.
    """
    conversation = message.conversation
    card = resolve_card(chosen.model or default_model())
    effort, thinking = chosen.effort or "", chosen.thinking or ""
    prefix = find_prefix(conversation.prefix_id)
    require_fitting(card, message, prefix, effort, thinking)
    require_served(card, chosen)
    turn = Turn(
        conversation=conversation,
        author_id=user.pk,
        client_id=command.client_id,
        user_message=message,
        model=card.model_id,
        effort=effort,
        thinking=thinking,
        speed=chosen.speed or "",
        inference_geo=chosen.inference_geo or "",
        service_tier=chosen.service_tier or "",
        output_format="" if prefix.json_schema is None else "json_schema",
    )
    turn.later = isinstance(command, SendMessage) and command.later
    if turn.later:
        require_batches(card, prefix)
    elif claims.is_answering:
        lease.claim(turn)
    _insert_turn.run(turn)
    if turn.later:
        put_off(turn)
    _move_leaf.run(id=conversation.id, leaf=message.id)
    return turn


def _visible_message(user: AbstractBaseUser, message_id: UUID) -> Message:
    visible = Message.objects.visible_to(user).select_related("conversation")
    message = visible.filter(id=message_id, role=Role.USER).first()
    if message is None:
        raise CommandRejected("not_found", "There is no such message to edit.")
    return message


def _visible_turn(user: AbstractBaseUser, turn_id: UUID) -> Turn:
    visible = Turn.objects.visible_to(user)
    turn = visible.select_related("conversation", "user_message").filter(id=turn_id)
    if (found := turn.first()) is None:
        raise CommandRejected("not_found", "There is no such turn.")
    return found
