"""Why the cache did not have what it had been told to keep.

The API is asked where it tells. Else this request is compared with the one before, as
the inspector shows it.
"""

from typing import Any

from django.conf import settings

from conversations.inspection.comparison import compare
from conversations.inspection.cutting import cut
from conversations.inspection.records import whole
from conversations.models import ModelCard, RequestRecord, Turn
from conversations.usage.cached import CacheUse, settings_of

from .build import Prompt
from .compaction import STANDS_FOR

DIAGNOSIS_BETA = "cache-diagnosis-2026-04-07"
# Ours: the API leaves out old thinking by itself, which makes small differences.
FLOOR_TOKENS, FLOOR_SHARE = 1_000, 0.1
# Words of the API that explain nothing.
SILENT = frozenset({"unavailable", "previous_message_not_found"})
# Reasons of ours beside the API's own words.
CHANGED, COMPACTED, EXPIRED, UNKNOWN = "changed", "compacted", "expired", "unknown"
MESSAGES = "messages_changed"
SETTINGS = ("the model", "the effort", "the thinking mode")

type Json = dict[str, Any]


def ask_why_missed(prompt: Prompt, card: ModelCard) -> None:
    """Have the API say with its answer what kept it from reading the cache."""
    if not _is_told_with(card):
        return
    params = prompt.params
    params["diagnostics"] = {"previous_message_id": prompt.previous_id or None}
    params["betas"] = [*params.get("betas", ()), DIAGNOSIS_BETA]


def missed_tokens(use: CacheUse | None, usage: Json) -> int:
    """Return how many tokens were read anew of those that the cache was told to keep."""
    if use is None:
        return 0
    missed = use.kept_tokens - (usage.get("cache_read_input_tokens") or 0)
    floor = max(FLOOR_TOKENS, round(use.kept_tokens * FLOOR_SHARE))
    return missed if missed > floor else 0


def find_reason(turn: Turn, prompt: Prompt, answer: Json) -> Json:
    """Return why a request missed what the one before it on its path had kept.

    Reads rows where neither the settings nor the API nor the clock tell it.
    """
    use = prompt.cache_use
    assert use is not None
    assert prompt.built_at is not None
    settings_now = zip(SETTINGS, settings_of(turn), use.settings, strict=True)
    if chosen := [name for name, now, before in settings_now if now != before]:
        return {"reason": CHANGED, "what": chosen}
    if (told := _reason_told(answer)) is not None:
        return told
    if use.expires_at <= prompt.built_at:
        return {"reason": EXPIRED}
    record = RequestRecord.objects.filter(turn=use.turn_id).order_by("id").last()
    if record is None:
        return {"reason": UNKNOWN}
    [earlier] = whole([record], turn.conversation_id)
    compared = compare(cut(prompt.params), earlier.params)
    if compared.changed:
        return {"reason": CHANGED, "what": list(compared.changed)}
    if compared.same_messages == compared.earlier_messages:
        return {"reason": UNKNOWN}
    if _is_compacted(prompt.params) and not _is_compacted(earlier.params):
        return {"reason": COMPACTED}
    return {"reason": MESSAGES, "message": compared.same_messages + 1}


def _reason_told(answer: Json) -> Json | None:
    told = (answer.get("diagnostics") or {}).get("cache_miss_reason") or {}
    reason = told.get("type")
    if not isinstance(reason, str) or reason in SILENT:
        return None
    return {"reason": reason, "tokens": told.get("cache_missed_input_tokens")}


def _is_told_with(card: ModelCard) -> bool:
    """Only the Claude API itself tells it; gateways refuse what they do not know."""
    if card.provider is None:
        return not settings.ANTHROPIC_BASE_URL
    return card.provider.kind == "anthropic" and not card.provider.base_url


def _is_compacted(params: Json) -> bool:
    first = params["messages"][0]["content"][0]
    text = first.get("text")
    is_summary = isinstance(text, str) and text.startswith(STANDS_FOR)
    return first["type"] == "compaction" or is_summary
