"""What may be asked next, found after an answer for who wants it."""

from dataclasses import dataclass
from uuid import UUID

from conversations.catalog import card_for
from conversations.models import ModelCard, Purpose, Turn
from conversations.models.preferences import wants_suggestions
from conversations.models.reading import read
from conversations.prompts.suggestions import read_suggestions, suggestion_params
from conversations.protocol.events import TurnSuggested

from .asides import Asides, cheapest_card, request_aside
from .hub import conversation_topic, hub
from .writer import writer

_asides = Asides("suggestions")


@dataclass(frozen=True)
class _Request:
    card: ModelCard
    question: str
    answer: str


def begin(turn: Turn) -> None:
    """Ask for suggestions in the background, if the turn's author wants them."""
    if turn.stop_reason == "end_turn" and not turn.output_format:
        _asides.begin(turn, _suggest)


async def stop() -> None:
    """Give up what is under way: the answers stay without suggestions."""
    await _asides.stop()


async def _suggest(turn: Turn) -> None:
    if (request := await read(_request_for, turn)) is None:
        return
    params = suggestion_params(request.card, request.question, request.answer)
    content = await request_aside(turn, Purpose.SUGGESTIONS, params, request.card)
    if suggestions := read_suggestions(content):
        await writer.do(lambda: _store(turn.id, suggestions))
        told = TurnSuggested(
            turn=turn.id, conversation=turn.conversation_id, suggestions=suggestions
        )
        hub.publish(conversation_topic(turn.conversation_id), [told])


def _store(turn_id: UUID, suggestions: list[str]) -> None:
    Turn.objects.filter(id=turn_id).update(suggestions=suggestions)


def _request_for(turn: Turn) -> _Request | None:
    if not wants_suggestions(turn.author_id):
        return None
    texts = turn.messages.filter(role="assistant").order_by("round")
    answer = "".join(texts.values_list("text", flat=True))
    if not answer.strip():
        return None
    asked = card_for(turn.model)
    return _Request(
        card=cheapest_card(asked) or asked,
        question=turn.user_message.text,
        answer=answer,
    )
