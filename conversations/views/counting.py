"""How long and how dear a message would be, while somebody writes it."""

import json
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from conversations.catalog import offered_cards
from conversations.models import UsageRecord
from conversations.models.reading import read
from conversations.prompts import compatibility
from conversations.prompts.counting import Draft, Item
from conversations.prompts.model_switch import unread_thinking
from conversations.prompts.thinking import max_tokens
from conversations.protocol.commands import (
    CommandRejected,
    EditMessage,
    SendMessage,
    from_json,
)
from conversations.turns.drafts import Count, count, read_draft
from conversations.usage.cached import cached_prefix
from conversations.usage.forecast import forecast, usual_answer
from conversations.usage.recording import decimal_text
from conversations.usage.reports import sum_of

type Json = dict[str, Any]

LARGEST = 5
KINDS = ("prefix", "message", "file", "draft")


@require_POST
async def count_draft(request: HttpRequest) -> JsonResponse:
    """Count what a `message.send` or `message.edit` in the body would send.

    Answers as docs/protocol.md says, or 4xx with `{"error": {"type", "message"}}`.
    When the browser hangs up, the count is given up too.
    """
    user = await request.auser()
    if not user.is_authenticated:
        return _error("authentication_error", "Log in to go on.", 401)
    try:
        command = _command_in(request.body)
        draft = await read(read_draft, user, command)
    except CommandRejected as refused:
        status = 404 if refused.type == "not_found" else 400
        return _error(refused.type, refused.message, status)
    counted = await count(draft)
    return JsonResponse(await read(describe, user, draft, counted))


def describe(user: AbstractBaseUser, draft: Draft, counted: Count) -> Json:
    """Return the count with what it means: room, price, cache, parts. Reads rows."""
    card = draft.card
    tokens = counted.input_tokens
    cached = cached_prefix(draft.path, draft.turn)
    cached_tokens = min(cached.tokens, tokens) if cached else 0
    expected = forecast(
        card,
        tokens,
        cached_tokens,
        usual_answer(user, draft.turn.model),
        is_batch=draft.turn.later,
    )
    items = counted.weight.scaled_to(tokens)
    problem = _problem(draft, counted)
    return {
        "model": card.model_id,
        "model_name": card.display_name or card.model_id,
        "input_tokens": tokens,
        "is_exact": counted.is_exact,
        "cached_tokens": cached_tokens,
        "cached_until": cached.expires_at.isoformat() if cached else None,
        "window": card.max_input_tokens,
        "max_output": max_tokens(card),
        "cost_low_usd": decimal_text(expected.low_usd),
        "cost_high_usd": decimal_text(expected.high_usd),
        "notes": [
            *expected.notes,
            *_end_of_window(draft, tokens),
            *_left_behind(draft),
        ],
        "problem": problem,
        "misfits": compatibility.misfits(
            offered_cards(), counted.weight.files, draft.prefix
        ),
        "parts": _parts(items),
        "largest": _largest(items) if problem else [],
        "conversation": _spent(draft),
    }


def _command_in(body: bytes) -> SendMessage | EditMessage:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise CommandRejected("malformed_command", "Expected one JSON object.")
    # Nothing is sent, so nothing needs an id.
    command = from_json({**fields, "client_id": str(uuid4())})
    if not isinstance(command, SendMessage | EditMessage):
        raise CommandRejected(
            "malformed_command",
            f"Expected message.send or message.edit, got {command.name}.",
        )
    return command


def _problem(draft: Draft, counted: Count) -> str | None:
    """Say why the request will not fit, or None."""
    card, window = draft.card, draft.card.max_input_tokens
    if window is not None and counted.input_tokens > window:
        about = "" if counted.is_exact else "about "
        return (
            f"This will not fit: {about}{counted.input_tokens:,} tokens, and"
            f" {card.display_name} reads at most {window:,}."
        )
    problem = compatibility.check(
        card,
        counted.weight.files,
        draft.turn.effort,
        draft.turn.thinking,
        draft.prefix,
    )
    return problem.message if problem else None


def _end_of_window(draft: Draft, tokens: int) -> list[str]:
    window = draft.card.max_input_tokens
    if window is None or not window - max_tokens(draft.card) < tokens <= window:
        return []
    return [
        f"Only {window - tokens:,} tokens are left for thinking and answer: a long one"
        " will be cut."
    ]


def _left_behind(draft: Draft) -> list[str]:
    """Say which earlier thinking the model does not get to read, and why."""
    note = compatibility.left_behind(draft.card, draft.path)
    return [note] if (note := note or unread_thinking(draft.card, draft.path)) else []


def _parts(items: list[Item]) -> list[Json]:
    sums = dict.fromkeys(KINDS, 0)
    for item in items:
        sums[item.kind] += item.tokens
    return [{"kind": kind, "tokens": sums[kind]} for kind in KINDS if sums[kind]]


def _largest(items: list[Item]) -> list[Json]:
    by_size = sorted(items, key=lambda item: item.tokens, reverse=True)
    return [
        {"kind": item.kind, "name": item.name, "tokens": item.tokens}
        for item in by_size[:LARGEST]
    ]


def _spent(draft: Draft) -> Json | None:
    """Return what the conversation has cost so far; None for a new one."""
    if not draft.path:
        return None
    conversation = draft.turn.conversation
    records = UsageRecord.objects.filter(turn__conversation=conversation)
    spent = sum_of(records)
    return {
        "cost_usd": decimal_text(spent.cost_usd) if spent.is_known else None,
        "has_unknown_cost": spent.unknown_requests > 0,
        "hit_rate": spent.hit_rate,
        "cache_savings_usd": decimal_text(spent.cache_savings_usd),
    }


def _error(type_: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"type": type_, "message": message}}, status=status)
