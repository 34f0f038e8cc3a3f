"""Deciding what to answer, and composing the blocks of the answer."""

import re
from dataclasses import dataclass, replace

from conversations.simulator.answers.calling import (
    answer_from_results,
    call_names,
    choose_calls,
    tool_use_block,
)
from conversations.simulator.answers.compaction import (
    compaction_block,
    is_summary_request,
    summary_text,
)
from conversations.simulator.answers.limits import (
    cut_at_characters,
    cut_at_sequence,
    cut_at_tokens,
)
from conversations.simulator.answers.looking import describe_pictures
from conversations.simulator.answers.passages import has_match
from conversations.simulator.answers.prose import (
    HONESTY,
    answer_in_prose,
    earlier_note,
    long_text,
)
from conversations.simulator.answers.question import Question, read_question
from conversations.simulator.answers.reading import answer_from_documents
from conversations.simulator.answers.server_tools import Played, play_server_tools
from conversations.simulator.answers.structured import fill_schema
from conversations.simulator.answers.suggestions import make_suggestions
from conversations.simulator.answers.thoughts import is_shown, think, wants_thinking
from conversations.simulator.answers.titles import (
    is_title_request,
    make_tags,
    make_title,
)
from conversations.simulator.answers.tools import named_calls
from conversations.simulator.material import Material
from conversations.simulator.models import Model
from conversations.simulator.prefix import content_blocks
from conversations.simulator.scenarios import (
    NO_SCENARIO,
    Scenario,
    echoed_text,
    parse_scenario,
)
from conversations.simulator.signatures import sign_blocks
from conversations.simulator.validation.citing import citations_enabled
from conversations.simulator.validation.compaction import is_compacting
from conversations.simulator.wire import Block, Json, json_bytes

PAUSE = "Still working on it, step "
ASKS_FOR_THE_REST = re.compile(r"\bcut off\b", re.IGNORECASE)
CUT_TOKENS = 60  # how far the scenarios max_tokens and window let an answer get
REFUSED_AFTER = 200  # characters that come before a refusal in mid-stream
EXPLANATION = "The simulator was asked to refuse this request."


@dataclass(frozen=True)
class Answer:
    """A finished answer: blocks and the reason why it ends there."""

    content: list[Block]
    stop_reason: str
    stop_sequence: str | None = None
    stop_details: Json | None = None
    # What the tools of the servers left behind.
    container: str | None = None
    server_tool_use: Json | None = None


def respond(
    params: Json, model: Model, material: Material, scenario: Scenario, seed: str
) -> Answer:
    """Answer a request that has passed validation. The same request, the same answer."""
    if params["max_tokens"] == 0:
        return Answer([], "max_tokens")
    if is_compacting(params):
        block = compaction_block(params, fails=scenario.name == "no-summary")
        return Answer([block], "compaction")
    if scenario.name == "refusal":
        return Answer([], "refusal", stop_details=_refusal(scenario))
    question = read_question(params)
    thinking = _thinking(params, model, question, material, scenario)
    calls = _calls(params, question, scenario)
    rest = _rest_of_answer(params, material) if scenario.name is None else ""
    played = Played() if calls else play_server_tools(params, question, scenario, seed)
    content = thinking + (
        _texts(rest) or played.content or _content(params, question, material, scenario)
    )
    if calls:
        # The call's id depends on the signature of the thinking before it.
        sign_blocks(params, model.id, thinking)
        signature = thinking[-1]["signature"] if thinking else ""
        content = [*thinking, *_announcement(calls)]
        content += [tool_use_block(*call, seed, signature) for call in calls]
    answer = _ended(content, params, model, scenario, calls=bool(calls))
    sign_blocks(params, model.id, answer.content)
    return replace(
        answer,
        container=played.container,
        server_tool_use=played.usage(),
    )


def _calls(
    params: Json, question: Question, scenario: Scenario
) -> list[tuple[str, Json]]:
    if scenario.name == "tool":
        return named_calls(params, question.prompt)
    return choose_calls(params, question) if scenario.name is None else []


def is_pausing(params: Json, scenario: Scenario) -> bool:
    """Return whether the conversation ends in an answer that was paused."""
    return scenario.name == "pause_turn" and _pauses(params) > 0


def _thinking(
    params: Json,
    model: Model,
    question: Question,
    material: Material,
    scenario: Scenario,
) -> list[Block]:
    silent = "silent" in scenario.modifiers or is_title_request(params)
    if silent or not wants_thinking(params, model, question):
        return []
    shown = is_shown(params, model)
    text = think(params, model, question, material) if shown else ""
    return [{"type": "thinking", "thinking": text, "signature": ""}]


def _content(
    params: Json, question: Question, material: Material, scenario: Scenario
) -> list[Block]:
    if scenario.name == "no-summary":
        return []
    if is_summary_request(params):
        return _texts(summary_text(params))
    if scenario.name == "echo":
        return _texts(echoed_text(question.prompt))
    if scenario.name == "long":
        return _texts(long_text(int(scenario.number("chars", 20_000))))
    if scenario.name == "pause_turn" and _pauses(params) < scenario.number("times", 1):
        return _texts(f"{PAUSE}{_pauses(params) + 1}.\n\n")
    output_format = (params.get("output_config") or {}).get("format")
    if output_format:
        named = {
            "title": [make_title(params)],
            "tags": make_tags(params),
            "suggestions": make_suggestions(params),
        }
        filled = fill_schema(output_format["schema"], question, named)
        return _texts(json_bytes(filled).decode())
    if is_title_request(params):
        return _texts(make_title(params))
    if question.results and not material.documents:
        return _texts(answer_from_results(question.results, call_names(params)))
    return _about_attachments(params, question, material) or _texts(
        answer_in_prose(question)
    )


def _rest_of_answer(params: Json, material: Material) -> str:
    """Return what an answer left unsaid that the user asks to go on with, or ""."""
    messages, said = params["messages"], ""
    while len(messages) > 2 and ASKS_FOR_THE_REST.search(_text_of(messages[-1])):
        said = _text_of(messages[-2]) + said
        messages = messages[:-2]
    if not said:
        return ""
    before = {**params, "messages": messages}
    question = read_question(before)
    if parse_scenario(question.prompt).name is not None:
        return ""  # a scenario says itself what comes next
    blocks = _content(before, question, material, NO_SCENARIO)
    whole = "".join(block["text"] for block in blocks)
    return whole.removeprefix(said) if whole.startswith(said) else ""


def _text_of(message: Json) -> str:
    blocks = content_blocks(message["content"])
    return "".join(block.get("text", "") for block in blocks)


def _about_attachments(
    params: Json, question: Question, material: Material
) -> list[Block]:
    """Return an answer about what is attached, if that is what is asked for."""
    asked = question.lower
    blocks: list[Block] = []
    if material.pictures and (
        "image" in question.new_types
        or any(word in asked for word in ("image", "picture", "photo", "colo"))
    ):
        blocks += _texts(describe_pictures(list(material.pictures.values())))
    if material.documents and (
        question.new_types & {"document", "search_result"}
        or question.results
        or any(word in asked for word in ("document", "pdf", "page", "file"))
        or has_match(material.documents, question)
    ):
        if blocks:
            blocks += _texts("\n\n")
        cite = citations_enabled(params)
        blocks += answer_from_documents(material.documents, question, cite=cite)
    if blocks:
        note = earlier_note(question)
        ending = f"\n\n{note}\n\n{HONESTY}" if note else f"\n\n{HONESTY}"
        blocks = _joined([*blocks, *_texts(ending)])
    return blocks


def _ended(
    content: list[Block],
    params: Json,
    model: Model,
    scenario: Scenario,
    *,
    calls: bool,
) -> Answer:
    """Return the answer with its end: natural, by a limit or by a scenario."""
    if scenario.name == "refusal-mid-stream":
        content = cut_at_characters(content, REFUSED_AFTER)
        return Answer(content, "refusal", stop_details=_refusal(scenario))
    if scenario.name in ("max_tokens", "window"):
        thinking = [block for block in content if block["type"] == "thinking"]
        rest, _cut = cut_at_tokens(content[len(thinking) :], CUT_TOKENS, model)
        reasons = {"window": "model_context_window_exceeded"}
        return Answer(thinking + rest, reasons.get(scenario.name, "max_tokens"))
    content, sequence = cut_at_sequence(content, params.get("stop_sequences") or [])
    content, is_cut = cut_at_tokens(content, params["max_tokens"], model)
    if is_cut:
        return Answer(content, "max_tokens")
    if sequence is not None:
        return Answer(content, "stop_sequence", sequence)
    if content and content[-1].get("text", "").startswith(PAUSE):
        return Answer(content, "pause_turn")
    return Answer(content, "tool_use" if calls else "end_turn")


def _announcement(calls: list[tuple[str, Json]]) -> list[Block]:
    names = " and ".join(f"`{name}`" for name, _input in calls)
    return _texts(f"I will use {names} for this.")


def _refusal(scenario: Scenario) -> Json:
    category = scenario.options.get("category", "general_harms")
    details = {"type": "refusal", "category": category, "explanation": EXPLANATION}
    if recommended := scenario.options.get("recommended"):
        details["recommended_model"] = recommended
    return details


def _pauses(params: Json) -> int:
    """Return how often the simulator paused since the last user message."""
    count = 0
    for message in reversed(params["messages"]):
        if message["role"] != "assistant":
            break
        for block in content_blocks(message["content"]):
            count += block.get("text", "").startswith(PAUSE)
    return count


def _joined(blocks: list[Block]) -> list[Block]:
    """Return the blocks with neighbours that cite nothing put together."""
    joined: list[Block] = []
    for block in blocks:
        if joined and "citations" not in block and "citations" not in joined[-1]:
            joined[-1] = {**joined[-1], "text": joined[-1]["text"] + block["text"]}
        else:
            joined.append(block)
    return joined


def _texts(text: str) -> list[Block]:
    return [{"type": "text", "text": text}] if text else []
