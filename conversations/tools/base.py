"""The one shape of every tool that Colloquy runs for Claude."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from conversations.models import ModelCard, Permission
from conversations.models.reading import read
from conversations.models.wire import Block

type Input = dict[str, Any]
type Definition = dict[str, Any]

TIMEOUT_SECONDS = 30.0  # ours: longer than any of our own tools needs


class ToolError(Exception):
    """The tool cannot do what was asked; the text tells Claude why."""


@dataclass(frozen=True)
class ToolContext:
    """For whom and where a tool runs."""

    owner_id: Any
    conversation_id: UUID
    turn_id: UUID
    # Runs what writes rows, in a thread that may; turns write through one alone.
    write: Callable[[Callable[[], Any]], Awaitable[Any]] = read


@dataclass(frozen=True)
class ToolResult:
    """What a tool gives back: text, or blocks as a tool_result may hold them.

    `title` says in a few words what was found, for the person who reads along.
    """

    content: str | list[Block]
    is_error: bool = False
    title: str = ""


@dataclass(frozen=True)
class Call:
    """A `tool_use` block of an answer. `input` is None when it was no JSON object."""

    id: str
    name: str
    input: Input | None
    # Toolsets name themselves in the call, and the result has to name them again.
    toolset: str | None = None

    def answered(self, result: ToolResult) -> Block:
        """Return the result as the block that answers this call."""
        block: Block = {
            "type": "tool_result",
            "tool_use_id": self.id,
            "content": result.content,
        }
        if result.is_error:
            block["is_error"] = True
        if self.toolset is not None:
            block["toolset_name"] = self.toolset
        return block


@dataclass(frozen=True)
class Offer:
    """One switch of a new conversation, and what it declares to the API.

    `name` is the switch's own; a server of several tools is one offer. `declare` returns
    the definitions for a model, none where the model or its platform cannot have it: it
    reads no rows, because a page asks for every model.
    """

    name: str
    title: str
    description: str
    declare: Callable[[ModelCard], Sequence[Definition]]


class Tool(ABC):
    """A tool that Colloquy runs itself. `name` is what Claude calls it by.

    `title` and `summary` are for people, `description` is for Claude.
    """

    name: str
    title: str
    summary: str
    description: str
    input_schema: Input
    permission: Permission = Permission.ALWAYS
    timeout_seconds: float = TIMEOUT_SECONDS
    # Whether its schema is ours, and followed here before it runs.
    checks_input: bool = True

    @property
    def permission_key(self) -> str:
        """What a person's permission holds for: all that ever has this key."""
        return self.name

    def fits(self, card: ModelCard) -> bool:
        """Say whether the tool is offered with a model."""
        return True

    def definition(self) -> Definition:
        """Return what is declared to the API; it never changes in a conversation."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": self.input_schema,
        }

    @abstractmethod
    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        """Do it. `tool_input` fits the schema. Raises ToolError."""
