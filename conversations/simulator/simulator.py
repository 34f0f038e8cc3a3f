"""The simulated API: one request in, one reply out."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from conversations.simulator.access import check_key, read_betas, read_version
from conversations.simulator.batches import Batches
from conversations.simulator.catalogue import find_model, list_models
from conversations.simulator.delivery import Pace, deliver
from conversations.simulator.errors import RequestRejected
from conversations.simulator.files import Files
from conversations.simulator.messages import Composed, Composer
from conversations.simulator.models import KNOWN_MODELS, Model
from conversations.simulator.streaming import stream_events
from conversations.simulator.wire import (
    Json,
    NewId,
    ReceivedRequest,
    Reply,
    error_body,
    json_bytes,
    one_chunk,
)

THINKING_COUNT_BETA = "thinking-token-count-2026-05-13"
KEPT_REQUESTS = 200
KEPT_BYTES = 32 * 1024 * 1024  # ours: attachments come again with every request
THREAD_BODY_BYTES = 64 * 1024  # ours: from here on parsing would be felt by others
HTML = b"<!doctype html><title>Gateway</title><h1>Something else answered</h1>"


def random_id(prefix: str) -> str:
    """Return an id like those of the API."""
    return f"{prefix}_sim{secrets.token_hex(12)}"


class Simulator:
    """An upstream that speaks the Claude API and answers by rules.

    `pace` is a Pace or a factor on the human one; 0 answers at once. The same
    request gets the same content; only ids and times differ.
    """

    def __init__(
        self,
        *,
        pace: Pace | float = 1.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        models: Sequence[Model] = KNOWN_MODELS,
        new_id: NewId = random_id,
    ) -> None:
        self.pace = pace if isinstance(pace, Pace) else Pace().scaled(pace)
        self.requests: list[ReceivedRequest] = []
        self._clock = clock
        self._sleep = sleep
        self._models = models
        self._new_id = new_id
        self._files = Files(clock, new_id)
        self._composer = Composer(models, clock, new_id, self._files)
        self._batches = Batches(self._composer, clock, new_id, self.pace.batch_seconds)

    async def handle(self, request: ReceivedRequest) -> Reply:
        """Answer one HTTP request. Every refusal is a reply too."""
        self._keep(request)
        request_id = self._new_id("req")
        try:
            check_key(request.headers)
            read_version(request.headers)
            reply = await self._route(request, request_id)
        except RequestRejected as error:
            body = json_bytes(error_body(error, request_id))
            reply = Reply(
                error.status, {**JSON_HEADERS, **error.headers}, one_chunk(body)
            )
        headers = {"request-id": request_id, **self._rate_headers(), **reply.headers}
        return replace(reply, headers=headers)

    async def _route(self, request: ReceivedRequest, request_id: str) -> Reply:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v1", "messages"]:
                return await self._messages(request, request_id)
            case "POST", ["v1", "messages", "count_tokens"]:
                return _json_reply(await self._compose(self._composer.count, request))
            case method, ["v1", "messages", "batches", *rest]:
                return await self._batch(method, rest, request)
            case method, ["v1", "files", *rest]:
                return await self._file(method, rest, request)
            case "GET", ["v1", "models"]:
                betas = read_betas(request.headers)
                return _json_reply(list_models(self._models, request.query, betas))
            case "GET", ["v1", "models", model_id]:
                model = find_model(self._models, model_id)
                return _json_reply(model.as_json(read_betas(request.headers)))
        raise RequestRejected(f"Not found: {request.method} {request.path}", status=404)

    async def _batch(
        self, method: str, rest: list[str], request: ReceivedRequest
    ) -> Reply:
        match method, rest:
            case "POST", []:
                create = partial(self._batches.create, _origin(request))
                return _json_reply(await self._compose(create, request))
            case "GET", []:
                return _json_reply(await self._batches.page(request.query))
            case "GET", [batch_id]:
                return _json_reply(await self._batches.get(batch_id))
            case "DELETE", [batch_id]:
                return _json_reply(await self._batches.delete(batch_id))
            case "POST", [batch_id, "cancel"]:
                return _json_reply(await self._batches.cancel(batch_id))
            case "GET", [batch_id, "results"]:
                lines = await self._batches.results(batch_id)
                return Reply(200, LINES_HEADERS, lines)
        raise RequestRejected(f"Not found: {method} {request.path}", status=404)

    async def _file(
        self, method: str, rest: list[str], request: ReceivedRequest
    ) -> Reply:
        match method, rest:
            case "POST", []:
                kind = request.headers.get("content-type", "")
                body = request.raw_body
                return _json_reply(
                    await asyncio.to_thread(self._files.create, kind, body)
                )
            case "GET", []:
                return _json_reply(self._files.page(request.query))
            case "GET", [file_id]:
                return _json_reply(self._files.get(file_id))
            case "DELETE", [file_id]:
                return _json_reply(self._files.delete(file_id))
            case "GET", [file_id, "content"]:
                media_type, content = self._files.download(file_id)
                return Reply(200, {"content-type": media_type}, one_chunk(content))
        raise RequestRejected(f"Not found: {method} {request.path}", status=404)

    async def _messages(self, request: ReceivedRequest, request_id: str) -> Reply:
        composed = await self._compose(self._composer.compose, request)
        scenario = composed.scenario
        if scenario.name == "html":
            return Reply(200, {"content-type": "text/html"}, one_chunk(HTML))
        if not composed.is_streamed:
            return await self._whole(composed)
        events = stream_events(
            composed.message,
            composed.seed,
            counts_thinking=THINKING_COUNT_BETA in read_betas(request.headers),
        )
        frames = deliver(events, scenario, self.pace, request_id, self._sleep)
        return Reply(200, STREAM_HEADERS, frames)

    async def _whole(self, composed: Composed) -> Reply:
        """Return the message as one body, as far as the scenario lets it."""
        match composed.scenario.name:
            case "stall":
                await asyncio.Event().wait()
            case "529-mid-stream":
                raise RequestRejected("Overloaded", status=529)
            case "empty":
                return Reply(200, JSON_HEADERS, one_chunk(b""))
            case "garbage" | "cut":
                half = json_bytes(composed.message)[:40]
                return Reply(200, JSON_HEADERS, one_chunk(half))
        await self._sleep(self.pace.first_seconds)
        return _json_reply(composed.message)

    async def _compose[T](
        self, work: Callable[[bytes, str, frozenset[str]], T], request: ReceivedRequest
    ) -> T:
        """Run `work`; in a thread when it has something to decode."""
        body = request.raw_body
        betas = read_betas(request.headers)
        version = read_version(request.headers)
        has_file = b'"base64"' in body or b'"file_id"' in body
        if len(body) > THREAD_BODY_BYTES or has_file:
            return await asyncio.to_thread(work, body, version, betas)
        return work(body, version, betas)

    def _keep(self, request: ReceivedRequest) -> None:
        self.requests.append(request)
        size = sum(len(kept.raw_body) for kept in self.requests)
        while len(self.requests) > 1 and (
            len(self.requests) > KEPT_REQUESTS or size > KEPT_BYTES
        ):
            size -= len(self.requests.pop(0).raw_body)

    def _rate_headers(self) -> dict[str, str]:
        now = datetime.fromtimestamp(self._clock(), UTC)
        reset = (now + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {}
        for kind, limit in RATE_LIMITS.items():
            name = f"anthropic-ratelimit-{kind}"
            headers[f"{name}-limit"] = headers[f"{name}-remaining"] = str(limit)
            headers[f"{name}-reset"] = reset
        return headers


def _origin(request: ReceivedRequest) -> str:
    host = request.headers.get("host", "api.anthropic.com")
    return f"{'https' if host == 'api.anthropic.com' else 'http'}://{host}"


def _json_reply(body: Json) -> Reply:
    return Reply(200, JSON_HEADERS, one_chunk(json_bytes(body)))


JSON_HEADERS = {"content-type": "application/json"}
STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
}
LINES_HEADERS = {"content-type": "application/x-jsonl"}
# The Start tier of the API; the simulator itself never runs out.
RATE_LIMITS = {
    "requests": 1_000,
    "tokens": 2_400_000,
    "input-tokens": 2_000_000,
    "output-tokens": 400_000,
}
