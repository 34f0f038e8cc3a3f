"""`/v1/messages/batches`: many requests at once, checked and answered later.

A batch takes `pace.batch_seconds`, as long as nobody cancels it; each of its requests
has its moment in between. Nothing runs meanwhile: a batch that is looked at after its
end is answered then. In a batch the scenario stall makes a request expire, and empty
leaves it without any result.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.messages import Composer, parse_body
from conversations.simulator.pages import page_of
from conversations.simulator.scenarios import DELIVERIES
from conversations.simulator.validation.shapes import (
    a_list,
    a_string,
    an_object,
    check_object,
)
from conversations.simulator.wire import Json, NewId, error_body, json_bytes

MAX_BODY_BYTES = 256 * 1024 * 1024
MAX_REQUESTS = 100_000
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
DAY_SECONDS = 24 * 3600
KEPT_SECONDS = 29 * DAY_SECONDS
FAILED = "Internal server error"
FORBIDDEN = ("stream", "speed", "fallbacks", "thread")
PIECE_BYTES = 16 * 1024  # lines come cut anywhere


@dataclass
class Batch:
    """One batch: what was asked, and since its end what came of it."""

    id: str
    requests: list[Json]
    version: str
    betas: frozenset[str]
    created: float
    ends: float
    origin: str
    clock: Callable[[], float]
    cancelled: float | None = None
    results: list[Json] | None = None
    finishing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def has_ended(self) -> bool:
        return self.results is not None

    @property
    def archived(self) -> float | None:
        moment = self.created + KEPT_SECONDS
        return moment if self.clock() >= moment else None

    def is_reached(self, index: int) -> bool:
        """Whether the request had its moment before the batch was cancelled."""
        if self.cancelled is None:
            return True
        share = (index + 1) / len(self.requests)
        return self.created + share * (self.ends - self.created) <= self.cancelled

    def as_json(self) -> Json:
        has_results = self.has_ended and self.archived is None
        path = f"/v1/messages/batches/{self.id}/results"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": self._status(),
            "request_counts": self._counts(),
            "created_at": _moment(self.created),
            "expires_at": _moment(self.created + DAY_SECONDS),
            "ended_at": _moment(self._ended()) if self.has_ended else None,
            "cancel_initiated_at": _moment(self.cancelled),
            "archived_at": _moment(self.archived),
            "results_url": self.origin + path if has_results else None,
        }

    def _status(self) -> str:
        if self.has_ended:
            return "ended"
        return "in_progress" if self.cancelled is None else "canceling"

    def _ended(self) -> float:
        return self.ends if self.cancelled is None else min(self.ends, self.cancelled)

    def _counts(self) -> Json:
        counts = dict.fromkeys(
            ("processing", "succeeded", "errored", "canceled", "expired"), 0
        )
        if self.results is None:
            return {**counts, "processing": len(self.requests)}
        for line in self.results:
            counts[line["result"]["type"]] += 1
        return counts


class Batches:
    """The batches of one workspace, the newest first."""

    def __init__(
        self,
        composer: Composer,
        clock: Callable[[], float],
        new_id: NewId,
        seconds: float,
    ) -> None:
        self._composer = composer
        self._clock = clock
        self._new_id = new_id
        self._seconds = seconds
        self._kept: list[Batch] = []

    def create(
        self, origin: str, raw_body: bytes, version: str, betas: frozenset[str]
    ) -> Json:
        """Take a batch. Only its shape is checked now, its requests later.

        `origin` is where the client has found us, and will look for the results.
        """
        requests = _checked(parse_body(raw_body, MAX_BODY_BYTES))
        now = self._clock()
        batch = Batch(
            id=self._new_id("msgbatch"),
            requests=requests,
            version=version,
            betas=betas,
            created=now,
            ends=now + self._seconds,
            origin=origin,
            clock=self._clock,
        )
        self._kept.insert(0, batch)
        return batch.as_json()

    async def page(self, query: Sequence[tuple[str, str]]) -> Json:
        """Return one page of the list."""
        for batch in self._kept:
            await self._finish_if_due(batch)
        return page_of(self._kept, query, Batch.as_json)

    async def get(self, batch_id: str) -> Json:
        """Return one batch as it is now."""
        return (await self._find(batch_id)).as_json()

    async def cancel(self, batch_id: str) -> Json:
        """Begin no more requests of a batch."""
        batch = await self._find(batch_id)
        if batch.has_ended:
            raise RequestRejected(f"{batch_id}: the batch has already ended")
        if batch.cancelled is None:
            batch.cancelled = self._clock()
        return batch.as_json()

    async def delete(self, batch_id: str) -> Json:
        """Forget a batch that has ended."""
        batch = await self._find(batch_id)
        if not batch.has_ended:
            raise RequestRejected(f"{batch_id}: only a batch that ended can be deleted")
        self._kept.remove(batch)
        return {"id": batch_id, "type": "message_batch_deleted"}

    async def results(self, batch_id: str) -> AsyncGenerator[bytes]:
        """Return the lines of a batch that has ended, in no order."""
        batch = await self._find(batch_id)
        if batch.results is None:
            raise RequestRejected(f"{batch_id}: no results before the batch has ended")
        if batch.archived is not None:
            raise RequestRejected(f"{batch_id}: the results are archived", status=404)
        return _lines(batch.results)

    async def _find(self, batch_id: str) -> Batch:
        for batch in self._kept:
            if batch.id == batch_id:
                await self._finish_if_due(batch)
                return batch
        raise RequestRejected(f"Not found: {batch_id}", status=404)

    async def _finish_if_due(self, batch: Batch) -> None:
        due = batch.ends
        if batch.cancelled is not None:
            # What was begun comes to its end first.
            due = min(due, batch.cancelled + self._seconds / 10)
        async with batch.finishing:
            if batch.results is None and self._clock() >= due:
                batch.results = await asyncio.to_thread(self._answer, batch)

    def _answer(self, batch: Batch) -> list[Json]:
        lines = []
        for index, request in enumerate(batch.requests):
            if not batch.is_reached(index):
                result: Json | None = {"type": "canceled"}
            else:
                result = self._result(batch, request["params"])
            if result is not None:
                lines.append({"custom_id": request["custom_id"], "result": result})
        return sorted(lines, key=_disorder)

    def _result(self, batch: Batch, params: Json) -> Json | None:
        try:
            _check_allowed(params)
            composed = self._composer.compose(
                json_bytes(params), batch.version, batch.betas
            )
        except RequestRejected as error:
            return self._errored(error)
        match composed.scenario.name:
            case "stall":
                return {"type": "expired"}
            case "empty":
                return None
            case name if name in DELIVERIES:
                return self._errored(RequestRejected(FAILED, status=500))
        message = composed.message
        message["usage"]["service_tier"] = "batch"
        return {"type": "succeeded", "message": message}

    def _errored(self, error: RequestRejected) -> Json:
        return {"type": "errored", "error": error_body(error, self._new_id("req"))}


def _checked(body: Any) -> list[Json]:
    check_object(body, "", {"requests": a_list})
    requests: list[Json] = body["requests"]
    if not 1 <= len(requests) <= MAX_REQUESTS:
        raise invalid("requests", f"List should have 1 to {MAX_REQUESTS} items")
    seen = set()
    for index, request in enumerate(requests):
        path = f"requests.{index}"
        check_object(request, path, {"custom_id": a_string, "params": an_object})
        custom_id = request["custom_id"]
        if not CUSTOM_ID.fullmatch(custom_id):
            raise invalid(
                f"{path}.custom_id",
                "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
            )
        if custom_id in seen:
            raise invalid(f"{path}.custom_id", f"'{custom_id}' is not unique")
        seen.add(custom_id)
    return requests


def _check_allowed(params: Json) -> None:
    for name in FORBIDDEN:
        if params.get(name):
            raise invalid(name, f"`{name}` is not supported in a message batch")
    if params.get("max_tokens") == 0:
        raise invalid("max_tokens", "0 is not supported in a message batch")


async def _lines(results: list[Json]) -> AsyncGenerator[bytes]:
    waiting = b""
    for line in results:
        waiting += json_bytes(line) + b"\n"
        while len(waiting) > PIECE_BYTES:
            yield waiting[:PIECE_BYTES]
            waiting = waiting[PIECE_BYTES:]
    yield waiting


def _disorder(line: Json) -> bytes:
    return hashlib.sha256(json.dumps(line["custom_id"]).encode()).digest()


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
