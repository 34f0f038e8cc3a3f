"""A conversation gets its title and tags by a small request after its first answer."""

from dataclasses import dataclass
from uuid import UUID

from conversations.catalog import card_for
from conversations.models import Conversation, ModelCard, Purpose, Turn
from conversations.models.reading import read
from conversations.prompts.titles import Naming, first_words, read_naming, title_params
from conversations.protocol.events import ConversationRenamed

from .asides import Asides, cheapest_card, request_aside
from .hub import hub, person_topic
from .writer import writer

_asides = Asides("title")


@dataclass(frozen=True)
class _Request:
    conversation_id: UUID
    owner_id: object
    stand_in: str
    card: ModelCard
    question: str
    answer: str


def begin(turn: Turn) -> None:
    """Ask for a title in the background, if this was the conversation's first turn."""
    _asides.begin(turn, _entitle)


async def stop() -> None:
    """Give up what is under way: the first words stay as the title."""
    await _asides.stop()


async def _entitle(turn: Turn) -> None:
    if (request := await read(_request_for, turn)) is None:
        return
    params = title_params(request.card, request.question, request.answer)
    naming = read_naming(await request_aside(turn, Purpose.TITLE, params, request.card))
    if naming.title:
        await _rename(request, naming)


async def _rename(request: _Request, naming: Naming) -> None:
    conversation = await writer.do(lambda: _name(request, naming))
    if conversation is not None:
        renamed = ConversationRenamed(
            conversation=conversation.id,
            title=conversation.title,
            tags=conversation.tags,
        )
        hub.publish(person_topic(request.owner_id), [renamed])


def _name(request: _Request, naming: Naming) -> Conversation | None:
    """Store what its owner has not changed meanwhile; return the row as it is then."""
    rows = Conversation.objects.filter(id=request.conversation_id)
    is_named = rows.filter(title=request.stand_in).update(title=naming.title)
    is_tagged = rows.filter(tags=[]).update(tags=naming.tags)
    return rows.first() if is_named or is_tagged else None


def _request_for(turn: Turn) -> _Request | None:
    conversation = turn.conversation
    question = turn.user_message.text
    is_first = turn.user_message.parent_id is None
    stand_in = first_words(question)
    if not is_first or conversation.title != stand_in or not question.strip():
        return None
    asked = card_for(turn.model)
    answer = turn.messages.order_by("round").values_list("text", flat=True)
    return _Request(
        conversation_id=conversation.id,
        owner_id=conversation.owner_id,
        stand_in=stand_in,
        card=cheapest_card(asked) or asked,
        question=question,
        answer="".join(answer),
    )
