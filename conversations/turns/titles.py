"""A conversation gets its title by a small request after its first answer."""

import asyncio
import contextvars
import logging
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import DatabaseError

from conversations.claude import ClaudeError
from conversations.claude.capabilities import supports
from conversations.claude.pricing import Prices
from conversations.models import Conversation, ModelCard, Turn
from conversations.models.reading import read
from conversations.prompts.titles import first_words, read_title, title_params
from conversations.protocol.events import ConversationRenamed
from conversations.upstream import get_client

from .hub import hub, person_topic
from .writer import writer

logger = logging.getLogger(__name__)

_tasks: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class _Request:
    conversation_id: UUID
    owner_id: object
    stand_in: str
    model: str
    is_plain: bool
    question: str
    answer: str


def begin(turn: Turn) -> None:
    """Ask for a title in the background, if this was the conversation's first turn."""
    task = asyncio.get_running_loop().create_task(
        _entitle(turn), name=f"title {turn.id}", context=contextvars.Context()
    )
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def stop() -> None:
    """Give up what is under way: the first words stay as the title."""
    tasks = list(_tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _entitle(turn: Turn) -> None:
    try:
        await _try_to_entitle(turn)
    except (ClaudeError, DatabaseError) as error:
        logger.info("No title for %s: %s", turn.conversation_id, error)


async def _try_to_entitle(turn: Turn) -> None:
    if (request := await read(_request_for, turn)) is None:
        return
    params = title_params(
        request.model, request.question, request.answer, plain=request.is_plain
    )
    message = await get_client().create(params)
    if title := read_title(message["content"]):
        await _rename(request, title)


async def _rename(request: _Request, title: str) -> None:
    # A title that its owner has typed meanwhile stays.
    rows = Conversation.objects.filter(
        id=request.conversation_id, title=request.stand_in
    )
    if await writer.do(lambda: rows.update(title=title)):
        renamed = ConversationRenamed(conversation=request.conversation_id, title=title)
        hub.publish(person_topic(request.owner_id), [renamed])


def _request_for(turn: Turn) -> _Request | None:
    conversation = turn.conversation
    question = turn.user_message.text
    is_first = turn.user_message.parent_id is None
    stand_in = first_words(question)
    if not is_first or conversation.title != stand_in or not question.strip():
        return None
    card = cheapest_card() or ModelCard(model_id=turn.model)
    answer = turn.messages.order_by("round").values_list("text", flat=True)
    return _Request(
        conversation_id=conversation.id,
        owner_id=conversation.owner_id,
        stand_in=stand_in,
        model=card.model_id,
        is_plain=not supports(card.capabilities, "structured_outputs"),
        question=question,
        answer="".join(answer),
    )


def cheapest_card() -> ModelCard | None:
    """Return the offered model with the lowest known price for answers."""
    priced = [
        (Prices.from_json(card.prices).output, card.position, card)
        for card in ModelCard.objects.offered()
        if card.prices
    ]
    return (
        min(priced, key=lambda item: (Decimal(item[0]), item[1]))[2] if priced else None
    )
