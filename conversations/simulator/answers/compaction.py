"""Summaries: of a compaction request, or asked for in words."""

import re

from conversations.simulator.answers.question import excerpt
from conversations.simulator.prefix import content_blocks
from conversations.simulator.scenarios import without_tags
from conversations.simulator.signatures import write_compaction_seal
from conversations.simulator.wire import Block, Json

ASKS_FOR_SUMMARY = re.compile(
    r"\Asummari[sz]e (?:the|this) (?:whole )?conversation so far\b", re.IGNORECASE
)
MOST_POINTS = 40
HEADING = "Simulated summary of the conversation so far."


def compaction_block(params: Json, *, fails: bool) -> Block:
    """Return the one block that answers a compaction request."""
    if fails:
        return {"type": "compaction", "content": None}
    content = _summary(params["messages"])
    return {
        "type": "compaction",
        "content": content,
        "tool_changes": [],
        "signature": write_compaction_seal(content, []),
    }


def is_summary_request(params: Json) -> bool:
    """Return whether the last message asks for a summary of everything before it."""
    return bool(ASKS_FOR_SUMMARY.match(without_tags(_text(params["messages"][-1]))))


def summary_text(params: Json) -> str:
    """Return the summary that the last message asks for."""
    return _summary(params["messages"][:-1])


def _summary(messages: list[Json]) -> str:
    points = []
    for message in messages:
        said = without_tags(_text(message))
        if earlier := _compacted(message):
            points += [line for line in earlier.split("\n") if line.startswith("- ")]
        elif said and message["role"] == "user":
            points.append(f"- The person said: {excerpt(said, 200)}")
        elif said:
            points.append(f"- Claude answered: {excerpt(said, 200)}")
    left_out = len(points) - MOST_POINTS
    if left_out > 0:
        points = [f"- ({left_out} earlier points)", *points[left_out:]]
    return "\n".join([HEADING, "", *points])


def _compacted(message: Json) -> str:
    blocks = content_blocks(message["content"])
    texts = (b.get("content") for b in blocks if b["type"] == "compaction")
    return "\n".join(text for text in texts if text)


def _text(message: Json) -> str:
    blocks = content_blocks(message["content"])
    return "\n".join(block["text"] for block in blocks if block["type"] == "text")
