"""What came together is published together, and says the same."""

from typing import Any

import pytest

from conversations.claude import MessageSnapshot
from conversations.models import Turn
from conversations.models.ids import uuid7
from conversations.protocol.events import Event
from conversations.turns.hub import Encoded, Hub, conversation_topic
from conversations.turns.live import LiveTurn
from conversations.turns.publisher import Publisher, joined
from tests.turns.decoding import event_of
from tests.turns.scripted import block, text, thinking


def delta(index: int, **delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def words(text: str, index: int = 0, **more: Any) -> dict[str, Any]:
    return delta(index, type="text_delta", text=text, **more)


def json_piece(text: str) -> dict[str, Any]:
    return delta(0, type="input_json_delta", partial_json=text)


def test_neighbouring_pieces_of_a_text_become_one() -> None:
    batch = text(0, "Hel", "lo", " you")

    assert list(joined(batch)) == text(0, "Hello you")


def test_pieces_of_a_surrogate_pair_and_of_json_become_whole() -> None:
    assert list(joined([words("\ud83d"), words("\ude00")])) == [words("\ud83d\ude00")]
    assert list(joined([json_piece('{"a'), json_piece('":1}')])) == [
        json_piece('{"a":1}')
    ]


@pytest.mark.parametrize(
    "batch",
    [
        [words("a", index=0), words("b", index=1)],
        thinking(0, "a") + text(1, "b"),
        [words("a"), delta(0, type="citations_delta", citation={}), words("b")],
        [delta(0, type="citations_delta", citation={})] * 2,
        [words("a", flavour="sweet"), words("b", flavour="sour")],
        [delta(0, type="text_delta", text=1), delta(0, type="text_delta", text=2)],
        [delta(0, type="news", text="a"), delta(0, type="news", text="b")],
        block(0, {"type": "tool_use", "id": "t", "name": "n", "input": {}}),
    ],
    ids=str,
)
def test_what_is_not_one_text_stays_apart(batch: list[dict[str, Any]]) -> None:
    assert list(joined(batch)) == batch


def test_a_batch_is_told_at_once_and_numbered_in_order() -> None:
    batches: list[list[Event]] = []

    class Listener:
        def deliver(self, events: list[Encoded]) -> None:
            batches.append([event_of(item) for item in events])

    hub, turn = Hub(), Turn(id=uuid7(), conversation_id=uuid7(), epoch=1)
    live = LiveTurn(turn)
    hub.subscribe(conversation_topic(turn.conversation_id), Listener())
    turn.user_message_id = uuid7()
    round_ = live.begin_round(1, 1, MessageSnapshot())
    publisher = Publisher(live, hub)

    publisher.streamed(round_, text(0, "Hel", "lo"))
    publisher.streamed(round_, [{"type": "message_stop"}])

    told = [[(event.name, event.seq) for event in batch] for batch in batches]  # type: ignore[attr-defined]
    assert told == [[("block.started", 1), ("block.delta", 2), ("block.finished", 3)]]
