"""What stands for the beginning of a path in a request, and how it is asked for."""

from typing import Any

import pytest

from conversations.catalog import card_for
from conversations.models import Compaction, Message, ModelCard, State, Turn
from conversations.prompts.build import build_prompt
from conversations.prompts.compaction import (
    COMPACTION_BETA,
    INSTRUCTIONS,
    STANDS_FOR,
    NoSummary,
    ask_for_compaction,
    last_to_cover,
    read_compaction,
)
from tests.prompts.conftest import Thread

OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-4-5"
BLOCK = {"type": "compaction", "content": "They talked.", "signature": "c2ln"}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}


@pytest.fixture(autouse=True)
def told(thread: Thread) -> None:
    """The API has said which of the two models it compacts conversations with."""
    for name in (OPUS, HAIKU):
        card = ModelCard.objects.get(model_id=name)
        said = {"supported": name == OPUS}
        card.capabilities["compaction"] = {**said, "summarize": said}
        card.save(update_fields=["capabilities"])


def compact(thread: Thread, message: Message, **fields: Any) -> Compaction:
    defaults = {"state": State.COMPLETED, "kind": "block", "content": [BLOCK]}
    return Compaction.objects.create(
        conversation=thread.conversation,
        message=message,
        **{"model": OPUS, **defaults, **fields},
    )


def built(turn: Turn) -> dict[str, Any]:
    return build_prompt(turn, card_for(turn.model)).params


def texts(params: dict[str, Any]) -> list[str]:
    return [
        block.get("text") or block.get("content") or block["type"]
        for message in params["messages"]
        for block in message["content"]
    ]


def test_a_block_comes_first_and_what_is_later_follows(thread: Thread) -> None:
    thread.user("One")
    answer = thread.claude("Uno")
    compact(thread, answer)
    thread.user("Two")

    params = built(thread.turn())

    assert [message["role"] for message in params["messages"]] == ["assistant", "user"]
    assert params["messages"][0]["content"] == [BLOCK]
    assert texts(params) == ["They talked.", "Two"]
    assert params["betas"] == [COMPACTION_BETA]


def test_a_model_without_compaction_reads_the_block_in_words(thread: Thread) -> None:
    thread.user("One")
    compact(thread, thread.claude("Uno"))
    thread.user("Two")

    params = built(thread.turn(model=HAIKU))

    assert "betas" not in params
    assert params["messages"][0] == {
        "role": "user",
        "content": [{"type": "text", "text": STANDS_FOR + "They talked."}],
    }


def test_of_several_the_one_that_reaches_furthest_is_sent(thread: Thread) -> None:
    thread.user("One")
    first = thread.claude("Uno")
    thread.user("Two")
    second = thread.claude("Dos")
    compact(thread, second, content=[BLOCK | {"content": "Both."}])
    compact(thread, first)
    thread.user("Three")

    assert texts(built(thread.turn())) == ["Both.", "Three"]


def test_a_branch_from_before_it_does_not_use_it(thread: Thread) -> None:
    thread.user("One")
    first = thread.claude("Uno")
    thread.user("Two")
    compact(thread, thread.claude("Dos"))

    thread.leaf = first
    thread.user("Other")

    assert texts(built(thread.turn())) == ["One", "Uno", "Other"]


@pytest.mark.parametrize(
    "state", [state for state in State if state != State.COMPLETED]
)
def test_only_a_completed_one_is_sent(thread: Thread, state: State) -> None:
    thread.user("One")
    compact(thread, thread.claude("Uno"), state=state)
    thread.user("Two")

    assert texts(built(thread.turn())) == ["One", "Uno", "Two"]


def test_what_was_thought_before_is_not_sent_behind_it(thread: Thread) -> None:
    thread.user("One")
    first = thread.claude("Uno")
    thread.user("Two")
    before = thread.turn(state=State.COMPLETED)
    thread.claude(THOUGHT, "Dos", turn=before)
    thread.user("Three")
    after = thread.turn(state=State.COMPLETED)
    thread.claude(THOUGHT, "Tres", turn=after)
    compact(thread, first, newest_turn=before.id)
    thread.user("Four")

    sent = texts(built(thread.turn()))

    assert sent == ["They talked.", "Two", "Dos", "Three", "thinking", "Tres", "Four"]
    assert Message.objects.get(turn=before).blocks[0] == THOUGHT


def test_what_is_open_is_not_covered(thread: Thread) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "clock", "input": {}}
    question, answer = thread.user("One"), thread.claude("Uno")
    paused = thread.claude("…", stop_reason="pause_turn")
    calling = thread.claude(call)
    refused = thread.claude("No.", stop_reason="refusal")

    path = [question, answer, paused, calling, refused]

    assert last_to_cover(path) == answer
    assert last_to_cover([question]) is None


def test_the_api_is_asked_with_what_answers_are_asked_with(thread: Thread) -> None:
    thread.user("One")
    params = built(thread.turn()) | {"output_config": {"effort": "low", "format": {}}}

    plain = ask_for_compaction(params, card_for(OPUS), " ")
    wished = ask_for_compaction(params, card_for(OPUS), "Keep the names.")

    assert plain["compaction"] == {"type": "summarize"}
    assert wished["compaction"]["instructions"] == "Keep the names."
    assert plain["betas"] == [COMPACTION_BETA]
    assert plain["output_config"] == {"effort": "low"}
    same = params.keys() - {"output_config"}
    assert {key: plain[key] for key in same} == {key: params[key] for key in same}


def test_without_it_claude_is_asked_in_words(thread: Thread) -> None:
    thread.user("One")
    params = built(thread.turn(model=HAIKU))

    asking = ask_for_compaction(params, card_for(HAIKU), "Keep the names.")

    assert "compaction" not in asking
    *before, question = asking["messages"]
    assert before == params["messages"]
    assert question["role"] == "user"
    assert question["content"][0]["text"] == f"{INSTRUCTIONS}\n\nKeep the names."


def test_a_gateway_of_unknown_abilities_is_asked_in_words(thread: Thread) -> None:
    thread.user("One")
    params = built(thread.turn())

    asking = ask_for_compaction(params, ModelCard(model_id="their-model"), "")

    assert "compaction" not in asking


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"content": []},
        {"content": [{"type": "compaction", "content": None}]},
        {"content": [{"type": "text", "text": " \n"}]},
        {"content": [{"type": "text", "text": "No."}], "stop_reason": "refusal"},
        {"content": [{"type": "text", "text": "Hm"}], "stop_reason": "tool_use"},
    ],
)
def test_an_answer_without_a_summary_stands_for_nothing(answer: dict[str, Any]) -> None:
    with pytest.raises(NoSummary):
        read_compaction(answer)
