"""The thinking that the simulator shows: a true summary of what it looks at."""

from conversations.simulator.answers.question import Question, excerpt
from conversations.simulator.material import Material
from conversations.simulator.models import Model
from conversations.simulator.wire import Json


def wants_thinking(params: Json, model: Model, question: Question) -> bool:
    """Return whether the answer begins with a thinking block."""
    thinking = params.get("thinking")
    if thinking is None:
        return model.thinks_by_default
    if thinking["type"] == "between_tools":
        return bool(question.results)
    return bool(thinking["type"] != "disabled")


def is_shown(params: Json, model: Model) -> bool:
    """Return whether the thinking comes as text or only as a signature."""
    thinking = params.get("thinking") or {}
    if thinking.get("type") == "between_tools":
        # Without a display field, these blocks are notes meant to be read.
        return True
    display = thinking.get("display")
    return bool(display == "summarized" if display else model.shows_thinking)


def think(params: Json, model: Model, question: Question, material: Material) -> str:
    """Return the summary of the thinking; more effort gives more of it."""
    effort = (params.get("output_config") or {}).get("effort") or model.default_effort
    paragraphs = [_task(question)]
    if effort != "low":
        paragraphs.append(_situation(question, material))
    if effort in ("high", "xhigh", "max"):
        paragraphs.append(
            "I should stay with what I was really given, say plainly that this is a "
            "simulation, and keep the answer easy to scan."
        )
    return "\n\n".join(paragraphs)


def _task(question: Question) -> str:
    if question.results:
        count = len(question.results)
        return f"The tools have answered ({count} in all). I can report that now."
    if not question.text:
        return "There is no text in the message, so I look at what came with it."
    return f"The person writes: “{excerpt(question.text, 120)}”"


def _situation(question: Question, material: Material) -> str:
    facts = [
        f"{document.name} has {sum(map(len, document.units)):,} characters"
        for document in material.documents
    ]
    if material.pictures:
        facts.append(f"images to measure: {len(material.pictures)}")
    if question.earlier:
        facts.append(f"earlier messages: {len(question.earlier)}")
    if question.has_system:
        facts.append("a system prompt sets the frame")
    if not facts:
        return "Nothing is attached and this is the first message."
    return "What I have: " + "; ".join(facts) + "."
