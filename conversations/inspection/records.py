"""Requests become records that share what they have in common, and whole again."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from conversations.models import RequestRecord
from conversations.models.prepared import PreparedInsert, PreparedQuery
from conversations.models.wire import dump

from .cutting import cut

LEVEL = 1  # of zlib: a long conversation is packed while others wait for the processor
DIGEST_BYTES = 16


@dataclass
class Observed:
    """What a running turn saw of one request. Times in milliseconds."""

    turn_id: UUID
    conversation_id: UUID
    round: int
    attempt: int
    url: str
    headers: dict[str, str]
    params: Mapping[str, Any]
    sent_at: datetime
    queued_ms: int
    first_byte_ms: int | None = None
    first_text_ms: int | None = None
    total_ms: int = 0
    request_id: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)
    failed_before: list[dict[str, Any]] = field(default_factory=list)
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True)
class Whole:
    """A record's request and answer as they went over the wire, media cut."""

    record: RequestRecord
    params: dict[str, Any]
    response: dict[str, Any] | None


_insert = PreparedInsert(RequestRecord)
_earlier = PreparedQuery(
    lambda conversation: (
        RequestRecord.objects.filter(turn__conversation_id=conversation)
        .order_by("-id")
        .values_list("id", "message_count", "digest")
    ),
    conversation=UUIDField(),
)


def save(observed: Observed) -> None:
    """Store one request behind the longest that it begins with."""
    params = cut(dict(observed.params))
    messages, marks = _without_marks(params["messages"])
    digests = _digests(messages)
    previous, shared = None, 0
    if len(messages) > 1:
        # Alone it can only repeat a first message, which is not worth a look.
        previous, shared = _longest(observed.conversation_id, digests)
    # Its place among the others stays: the body is to be seen as it was sent.
    params["messages"] = None
    body = {"params": params, "messages": messages[shared:], "marks": marks}
    _insert.run(
        RequestRecord(
            turn_id=observed.turn_id,
            round=observed.round,
            attempt=observed.attempt,
            previous_id=previous,
            shared_messages=shared,
            message_count=len(messages),
            digest=digests[-1],
            url=observed.url,
            headers=observed.headers,
            body=_pack(body),
            response=None if observed.response is None else _pack(observed.response),
            error=observed.error,
            failed_before=observed.failed_before,
            request_id=observed.request_id,
            response_headers=observed.response_headers,
            sent_at=observed.sent_at,
            queued_ms=observed.queued_ms,
            first_byte_ms=observed.first_byte_ms,
            first_text_ms=observed.first_text_ms,
            total_ms=observed.total_ms,
        )
    )


def whole(records: list[RequestRecord], conversation_id: UUID) -> list[Whole]:
    """Return what some records of a conversation stand for."""
    if not records:
        return []
    rows = RequestRecord.objects.filter(
        turn__conversation_id=conversation_id, id__lte=max(row.id for row in records)
    )
    chain = {row.id: row for row in rows.only("previous", "shared_messages", "body")}
    return [_whole(record, chain) for record in records]


def _whole(record: RequestRecord, chain: Mapping[UUID, RequestRecord]) -> Whole:
    body = _unpack(record.body)
    parts: list[list[Any]] = [body["messages"]]
    wanted, row = record.shared_messages, record
    while wanted:
        row = chain[row.previous_id]  # type: ignore[index]  # it shares with one
        own = _unpack(row.body)["messages"][: wanted - row.shared_messages]
        parts.append(own if wanted > row.shared_messages else [])
        wanted = min(wanted, row.shared_messages)
    messages = [message for part in reversed(parts) for message in part]
    for at, block, value in body["marks"]:
        content = list(messages[at]["content"])
        content[block] = {**content[block], "cache_control": value}
        messages[at] = {**messages[at], "content": content}
    params = {**body["params"], "messages": messages}
    response = None if record.response is None else _unpack(record.response)
    return Whole(record, params, response)


def _without_marks(messages: list[Any]) -> tuple[list[Any], list[list[Any]]]:
    """Take the cache breakpoints out: they move, and what they mark stays the same."""
    bare, marks = [], []
    for at, message in enumerate(messages):
        found = [
            [at, index, block["cache_control"]]
            for index, block in enumerate(message["content"])
            if "cache_control" in block
        ]
        bare.append(_unmarked(message) if found else message)
        marks += found
    return bare, marks


def _unmarked(message: dict[str, Any]) -> dict[str, Any]:
    content = [
        {key: value for key, value in block.items() if key != "cache_control"}
        for block in message["content"]
    ]
    return {**message, "content": content}


def _digests(messages: list[Any]) -> list[str]:
    """Return for every number of messages the digest of so many from the beginning."""
    running = hashlib.blake2b(digest_size=DIGEST_BYTES)
    digests = [running.hexdigest()]
    for message in messages:
        running.update(dump(message).encode())
        digests.append(running.copy().hexdigest())
    return digests


def _longest(conversation_id: UUID, digests: list[str]) -> tuple[UUID | None, int]:
    """Return the earlier request with the most messages that all stand here too."""
    best: tuple[UUID | None, int] = None, 0
    for record_id, count, digest in _earlier.rows(conversation=conversation_id):
        if best[1] < count < len(digests) and digests[count] == digest:
            best = record_id, count
    return best


def _pack(value: object) -> bytes:
    return zlib.compress(dump(value).encode(), LEVEL)


def _unpack(packed: bytes | memoryview) -> Any:
    return json.loads(zlib.decompress(packed))
