"""The loop of rounds that answers a message. It knows no database and no socket."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from typing import Any

from conversations.claude import (
    ClaudeClient,
    ClaudeError,
    MalformedEvent,
    MessageSnapshot,
    Retries,
    Retry,
)
from conversations.claude.retries import MAX_RETRIES
from conversations.models.wire import Block
from conversations.prompts.history import sendable_blocks
from conversations.tools.base import Call

MAX_ROUNDS = 25  # ours: far above any sensible chain of pauses and calls
MAX_ATTEMPTS = MAX_RETRIES + 1  # requests of one round, whoever repeats them
CONTINUES = frozenset({"pause_turn", "tool_use"})
LAST_WORD = (
    "This was the last use of tools in this answer. Answer now with what you have."
)

type Params = dict[str, Any]
# Returns a tool_result for each call of a round, in their order; it raises nothing.
type RunTools = Callable[[Sequence[Call]], Awaitable[list[Block]]]


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """A request goes out; a second attempt replaces all that came of the first."""

    number: int
    attempt: int
    snapshot: MessageSnapshot


@dataclass(frozen=True, slots=True)
class RequestNamed:
    """The upstream has answered: this is what it calls the request."""

    request_id: str | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Streamed:
    """Events of the API that came together, already folded into the round's snapshot."""

    events: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The stream broke before anything was shown; retry `attempt` comes by itself."""

    error: ClaudeError
    attempt: int
    delay_seconds: float
    limit: int


@dataclass(frozen=True, slots=True)
class RoundFinished:
    """message_stop was seen: the snapshot is the answer of this round."""

    is_last: bool


@dataclass(frozen=True, slots=True)
class ToolsFinished:
    """The calls of the round have their results; they go out with the next request."""

    results: list[Block]


type Step = (
    RoundStarted
    | RequestNamed
    | Streamed
    | AttemptFailed
    | RoundFinished
    | ToolsFinished
)


class TooManyRounds(Exception):
    """Claude went on pausing or calling tools past every sensible chain."""


class ToolNotOffered(Exception):
    """Claude called a tool that the conversation does not have."""


async def run_turn(
    client: ClaudeClient,
    params: Params,
    *,
    run_tools: RunTools | None = None,
    on_retry: Callable[[Retry], None] | None = None,
) -> AsyncGenerator[Step]:
    """Answer the last user message, yielding what happens until Claude is done.

    `params` is the body of the first request and grows by one assistant message per
    round, and by one with the results of the tools that it called. A round has one
    limit of retries: those of the client, before the first event (`on_retry` is told),
    and those here, before anything was shown. Raises ClaudeError when the API gives up,
    TooManyRounds and ToolNotOffered; cancellation closes the upstream stream and is
    passed on.
    """
    for number in range(1, MAX_ROUNDS + 1):
        attempts = _Attempts(client, params, number, client.retries(on_retry))
        async with aclosing(attempts.run()) as steps:
            async for step in steps:
                yield step
        snapshot = attempts.snapshot
        is_last = snapshot.stop_reason not in CONTINUES
        calls = _calls_of(snapshot)
        if snapshot.stop_reason == "tool_use" and not (calls and run_tools):
            raise ToolNotOffered
        yield RoundFinished(is_last)
        if is_last:
            return
        if number == MAX_ROUNDS:
            break
        # As the next turn would send it: the API refuses some of what it sends itself.
        said = {"role": "assistant", "content": sendable_blocks(snapshot.blocks)}
        params["messages"] = [*params["messages"], said]
        if snapshot.container_id:
            params["container"] = snapshot.container_id
        if run_tools is not None and snapshot.stop_reason == "tool_use":
            results = await run_tools(calls)
            if number == MAX_ROUNDS - 1:
                results = [*results[:-1], _with_last_word(results[-1])]
            yield ToolsFinished(results)
            answered = {"role": "user", "content": results}
            params["messages"] = [*params["messages"], answered]
    raise TooManyRounds


def _calls_of(snapshot: MessageSnapshot) -> list[Call]:
    """Return the calls of client tools in an answer. Raises MalformedEvent."""
    return [
        _call_of(block, is_valid=index not in snapshot.invalid_inputs)
        for index, block in enumerate(snapshot.blocks)
        if block["type"] == "tool_use"
    ]


def _call_of(block: Block, *, is_valid: bool) -> Call:
    call_id, name, tool_input = block.get("id"), block.get("name"), block.get("input")
    if not (isinstance(call_id, str) and isinstance(name, str)):
        raise MalformedEvent("A tool call came without an id or a name")
    if not (is_valid and isinstance(tool_input, dict)):
        tool_input = None
    return Call(call_id, name, tool_input, block.get("toolset_name"))


def _with_last_word(result: Block) -> Block:
    # Inside the result: text beside results makes Claude end without a word.
    content = result["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    return {**result, "content": [*content, {"type": "text", "text": LAST_WORD}]}


def is_shown(event: dict[str, Any]) -> bool:
    """Tell whether an event of the API puts something before a reader's eyes."""
    match event["type"]:
        case "content_block_delta":
            return bool(event["delta"].get("type") != "signature_delta")
        case "content_block_start":
            # Some gateways send a whole text with its start.
            block = event["content_block"]
            return bool(block.get("text") or block.get("thinking"))
    return False


@dataclass
class _Attempts:
    """One round, tried again as long as nothing of it was shown."""

    client: ClaudeClient
    params: Params
    number: int
    retries: Retries

    def __post_init__(self) -> None:
        self.snapshot = MessageSnapshot()
        self._is_open = False
        self._is_shown = False

    async def run(self) -> AsyncGenerator[Step]:
        for attempt in count(1):
            self.snapshot = MessageSnapshot()
            self._is_open = False
            yield RoundStarted(self.number, attempt, self.snapshot)
            try:
                async with aclosing(self._stream()) as steps:
                    async for step in steps:
                        yield step
            except ClaudeError as error:
                if (retry := self._next(error)) is None:
                    raise
            else:
                return
            yield AttemptFailed(
                retry.error, retry.attempt, retry.delay_seconds, retry.limit
            )
            await self.retries.sleep(retry.delay_seconds)

    async def _stream(self) -> AsyncGenerator[Step]:
        async with self.client.stream(self.params, retries=self.retries) as stream:
            self._is_open = True
            yield RequestNamed(stream.request_id, stream.headers)
            async for events in stream:
                folded, error = self._fold(events)
                # What came before a broken event counts.
                if folded:
                    self._is_shown = self._is_shown or any(map(is_shown, folded))
                    yield Streamed(folded)
                if error is not None:
                    error.request_id = stream.request_id
                    raise error

    def _fold(
        self, events: list[dict[str, Any]]
    ) -> tuple[list[dict[str, Any]], MalformedEvent | None]:
        """Fold events in; return them as a reader needs them, up to a broken one."""
        folded: list[dict[str, Any]] = []
        for event in events:
            try:
                self.snapshot.apply(event)
            except MalformedEvent as error:
                return folded, error
            if event["type"] == "content_block_start":
                # With the block as the snapshot has it.
                block = dict(self.snapshot.blocks[-1])
                folded.append({**event, "content_block": block})
            else:
                folded.append(event)
        return folded, None

    def _next(self, error: ClaudeError) -> Retry | None:
        # Before the first event the client has given up already.
        if self._is_shown or not self._is_open:
            return None
        return self.retries.next(error)
