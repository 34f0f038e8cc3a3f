"""Which earlier thinking a model cannot read, said before sending."""

import pytest

from conversations.models import Message, ModelCard
from conversations.prompts.model_switch import unread_thinking
from conversations.simulator.models import KNOWN_MODELS, Model

# Nobody has said when the preview was published.
MODELS = [model for model in KNOWN_MODELS if "preview" not in model.id]
THOUGHT = [{"type": "thinking", "thinking": "Hm.", "signature": "s"}]


def answer(model: str, thought: bool = True, **fields: str) -> Message:
    content = [*(THOUGHT if thought else []), {"type": "text", "text": "So."}]
    return Message(role="assistant", model=model, content=content, **fields)


def card(model: str) -> ModelCard:
    return ModelCard(model_id=model, display_name="The new one")


def test_those_whose_thinking_is_lost_are_named_once() -> None:
    path = [
        answer("claude-opus-5-5"),
        answer("claude-haiku-5-5"),
        answer("claude-sonnet-5-5"),
        answer("claude-opus-5-5"),
    ]

    assert unread_thinking(card("claude-opus-5"), path) == (
        "The new one cannot read what Claude Opus 5.5 and Claude Sonnet 5.5 thought:"
        " it goes on from the answers alone."
    )


def test_nothing_is_said_where_nothing_is_lost() -> None:
    path = [
        answer("claude-opus-5-5", thought=False),
        answer("claude-sonnet-5-5", stop_reason="refusal"),
        answer("somebody-else"),
        answer("claude-opus-4-8"),
    ]

    assert unread_thinking(card("claude-opus-5"), path) is None
    assert unread_thinking(card("claude-opus-5"), []) is None


@pytest.mark.parametrize(
    "spelling",
    [
        "anthropic.claude-fable-5-2",
        "us.anthropic.claude-fable-5-2-v1:0",
        "claude-fable-5-2@20261109",
        "claude-fable-5-2-20261109",
    ],
)
def test_a_platform_may_spell_a_model_otherwise(spelling: str) -> None:
    path = [answer(spelling)]

    assert unread_thinking(card("claude-mythos-5-2"), path) is None
    assert "Fable 5.2" in (unread_thinking(card("claude-opus-5-5"), path) or "")


@pytest.mark.parametrize("reader", MODELS, ids=lambda model: str(model.id))
def test_the_simulator_drops_what_is_said_to_be_lost(reader: Model) -> None:
    lost = [
        writer.id
        for writer in MODELS
        if unread_thinking(card(reader.id), [answer(writer.id)])
    ]

    assert lost == [
        writer.id for writer in MODELS if not reader.reads_thinking_of(writer)
    ]
