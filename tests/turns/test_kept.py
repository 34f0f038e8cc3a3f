"""What stays of an answer, and its text for the columns that cannot hold everything."""

import uuid

import pytest

from conversations.models import Message, State, Turn
from conversations.turns import runner
from conversations.turns.kept import plain_text
from tests.turns.conftest import Ask
from tests.turns.scripted import answer


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("plain", "plain"),
        ("half \ud83d", "half \ufffd"),
        ("\udca1 half", "\ufffd half"),
        ("whole \ud83d\ude00", "whole \U0001f600"),
        ("nul\0", "nul\ufffd"),
    ],
)
def test_text_is_what_every_database_takes(raw: str, plain: str) -> None:
    assert plain_text([{"type": "text", "text": raw}]) == plain


def test_neighbouring_blocks_are_one_text() -> None:
    blocks = [{"type": "text", "text": "\ud83d"}, {"type": "text", "text": "\ude00"}]

    assert plain_text(blocks) == "\U0001f600"


async def test_answer_with_half_a_character_ends_as_any_other(ask: Ask) -> None:
    acceptance = await ask(answer("half \ud83d", "nul\0"), text=str(uuid.uuid4()))
    await runner.wait_for(acceptance.turn.id)

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    message = await Message.objects.aget(turn=turn)
    assert turn.state == State.COMPLETED
    assert message.content[0]["text"] == "half \ud83dnul\0"
    assert message.text == "half \ufffdnul\ufffd"
