"""The async client for the Messages API."""

import asyncio
import random as dice
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx

from .call import Call
from .connections import open_http
from .errors import InvalidRequest, MalformedAnswer, MalformedEvent, StreamingRequired
from .exchange import Exchange
from .lines import AnswerLines
from .provider import Provider
from .retries import MAX_RETRIES, OnRetry, Retries, Sleep
from .snapshot import MessageSnapshot
from .stream import ClaudeStream
from .types import Json, Message, Params

STALL_SECONDS = 300.0  # ours: the longest silence of a server tool, doubled
MAX_CONCURRENT = 1000  # SDK 2.12: its pool
MAX_PLAIN_TOKENS = 21_333  # SDK 2.12: 3600 s * tokens / 128000 stays below 600 s
MODELS_PER_PAGE = 1000  # API limit
# With these the list of models tells of what they enable (API reference, models).
MODEL_BETAS = ("compact-2026-09-04",)

# What counting takes of a message's params; anything else is a 400.
COUNTED_PARAMS = frozenset(
    {
        "messages",
        "model",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "speed",
        "cache_control",
        "context_management",
        "mcp_servers",
    }
)


class ClaudeClient:
    """Speaks the Messages API of one provider.

    `betas` among the params of a message is no part of its body: it names the beta
    features that the request needs, as in the SDK.

    Errors are ClaudeErrors. Requests are repeated after those that may pass, and never
    once the first event of a stream has arrived. Whoever repeats a request beyond that
    shares the limit: it makes `retries()` and hands them to every call.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        max_retries: int = MAX_RETRIES,
        sleep: Sleep = asyncio.sleep,
        random: Callable[[], float] = dice.random,
        stall_seconds: float = STALL_SECONDS,
        max_concurrent: int = MAX_CONCURRENT,
    ) -> None:
        self.provider = provider
        self._http = open_http(transport)
        self._exchange = Exchange(provider, self._http, max_concurrent)
        self._max_retries = max_retries
        self._sleep = sleep
        self._random = random
        self._stall_seconds = stall_seconds

    def retries(
        self, on_retry: OnRetry | None = None, limit: int | None = None
    ) -> Retries:
        """Return the retries of one piece of work, none of them used yet."""
        return Retries(
            self._max_retries if limit is None else limit,
            sleep=self._sleep,
            random=self._random,
            on_retry=on_retry,
        )

    def stream(
        self, params: Params, *, retries: Retries | None = None
    ) -> AbstractAsyncContextManager[ClaudeStream]:
        """Stream one answer: `async with client.stream(params) as stream`.

        Entering waits for the first event. Leaving closes the connection,
        which is how an answer is cancelled.
        """
        return self._streaming({**params, "stream": True}, retries or self.retries())

    async def create(
        self, params: Params, *, retries: Retries | None = None
    ) -> Message:
        """Return one answer in one piece; for short ones such as titles.

        Raises StreamingRequired above MAX_PLAIN_TOKENS.
        """
        if params["max_tokens"] > MAX_PLAIN_TOKENS:
            raise StreamingRequired(
                f"max_tokens is {params['max_tokens']}; above {MAX_PLAIN_TOKENS} "
                "an answer has to be streamed"
            )
        call = _message_call({**params, "stream": False})
        return _checked(await self.read_json(call, "content", list, retries))

    async def count_tokens(self, params: Params) -> int:
        """Return the API's estimate of the input tokens of a message's params.

        Raises NotOffered on a platform that cannot count.
        """
        counted = {key: params[key] for key in params if key in COUNTED_PARAMS}
        betas = _betas_of(params)
        call = Call("POST", "/v1/messages/count_tokens", counted, betas=betas)
        answer = await self.read_json(call, "input_tokens", int)
        input_tokens: int = answer["input_tokens"]
        return input_tokens

    async def models(self) -> list[Json]:
        """Return every model that the key may use, newest first, as the API lists it.

        Raises NotOffered on a platform without such a list.
        """
        try:
            return await self._models(MODEL_BETAS)
        except InvalidRequest:
            # A gateway may know none of them; then it cannot offer what they enable.
            return await self._models(())

    async def _models(self, betas: tuple[str, ...]) -> list[Json]:
        models: list[Json] = []
        query: dict[str, str | int] = {"limit": MODELS_PER_PAGE}
        while True:
            call = Call("GET", "/v1/models", query=query, betas=betas)
            page = await self.read_json(call, "data", list)
            models += page["data"]
            if not page.get("has_more"):
                return models
            if page.get("last_id") in (None, query.get("after_id")):
                raise MalformedAnswer("A page of models leads nowhere", status=200)
            query["after_id"] = page["last_id"]

    async def read_json(
        self, call: Call, field: str, kind: type, retries: Retries | None = None
    ) -> Json:
        """Return the JSON object that answers any call; it must hold such a field.

        The way for endpoints which have a module of their own.
        """
        return await (retries or self.retries()).run(
            lambda: self._exchange.read_json(call, field, kind)
        )

    async def lines(self, call: Call, retries: Retries | None = None) -> AnswerLines:
        """Return the answer of any call to be read line by line; the caller closes it."""
        return await (retries or self.retries()).run(
            lambda: self._exchange.begin_lines(call)
        )

    @property
    def is_idle(self) -> bool:
        """Whether no answer is under way."""
        return self._exchange.is_idle

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    @asynccontextmanager
    async def _streaming(
        self, params: Params, retries: Retries
    ) -> AsyncGenerator[ClaudeStream]:
        call = _message_call(params)
        stream = await retries.run(
            lambda: self._exchange.begin_stream(call, self._stall_seconds)
        )
        try:
            yield stream
        finally:
            await stream.aclose()


def _message_call(params: Params) -> Call:
    body = {key: value for key, value in params.items() if key != "betas"}
    return Call("POST", "/v1/messages", body, betas=_betas_of(params))


def _betas_of(params: Params) -> tuple[str, ...]:
    return tuple(params.get("betas", ()))


def _checked(message: Message) -> Message:
    """Return a message that has the shape which a streamed one would have to have."""
    snapshot = MessageSnapshot()
    try:
        snapshot.apply({"type": "message_start", "message": message})
    except MalformedEvent as error:
        raise MalformedAnswer(error.message, status=200) from None
    return {**message, "content": snapshot.blocks}
