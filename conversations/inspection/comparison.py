"""What a request could read from the cache of the one before it, and what kept it."""

from dataclasses import dataclass
from typing import Any

# The API keeps a prefix in this order: a change makes all that follows new.
_FIELDS = (
    ("model", "the model"),
    ("speed", "the speed"),
    ("inference_geo", "the place of inference"),
    ("tools", "the tools"),
    ("system", "the system prompt"),
    ("tool_choice", "the choice of tools"),
    ("thinking", "the thinking mode"),
    ("output_config", "the effort or the format of the answer"),
)


@dataclass(frozen=True)
class Comparison:
    """How a request stands to an earlier one of its conversation.

    `changed` names settings that are not the same; `same_messages` counts the messages
    at the beginning that are.
    """

    changed: tuple[str, ...]
    same_messages: int
    messages: int
    earlier_messages: int

    @property
    def sentence(self) -> str:
        """Say it as people do."""
        if self.changed:
            what = " and ".join(self.changed)
            return f"Other than in the request before: {what}."
        if self.same_messages == self.earlier_messages:
            new = self.messages - self.same_messages
            if not new:
                return "The same request as the one before."
            return f"Begins as the request before; {_messages(new)} new."
        return (
            "Begins as the request before, but is another from message"
            f" {self.same_messages + 1} on."
        )


def _messages(count: int) -> str:
    return "one message is" if count == 1 else f"{count} messages are"


def compare(params: dict[str, Any], earlier: dict[str, Any]) -> Comparison:
    """Compare two request bodies, breakpoints aside."""
    changed = tuple(
        words for name, words in _FIELDS if params.get(name) != earlier.get(name)
    )
    mine, theirs = params["messages"], earlier["messages"]
    same = 0
    for one, other in zip(mine, theirs, strict=False):
        if _bare(one) != _bare(other):
            break
        same += 1
    return Comparison(changed, same, len(mine), len(theirs))


def _bare(message: dict[str, Any]) -> dict[str, Any]:
    content = [
        {key: value for key, value in block.items() if key != "cache_control"}
        for block in message["content"]
    ]
    return {**message, "content": content}
