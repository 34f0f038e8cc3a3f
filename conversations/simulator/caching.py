"""The simulated prompt cache: which prefixes were seen in the last minutes."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from conversations.simulator.models import Model
from conversations.simulator.prefix import Piece, pieces, spelled
from conversations.simulator.tokens import TokenCount
from conversations.simulator.wire import Json

LIFETIMES = {"5m": 300, "1h": 3600}  # seconds
LOOKBACK_BLOCKS = 20
MAX_FINGERPRINTS = 1_000  # ours: so many answers may be named by a later request
MAX_ENTRIES = 50_000  # ours: a bound on memory, far above what tests and demos do


@dataclass(frozen=True)
class InputTokens:
    """The input of one request, split as `usage` reports it."""

    uncached: int
    read: int
    written_5m: int
    written_1h: int

    @property
    def total(self) -> int:
        return self.uncached + self.read + self.written_5m + self.written_1h

    def as_usage(self) -> Json:
        """Return the input fields of a usage object."""
        return {
            "input_tokens": self.uncached,
            "cache_creation_input_tokens": self.written_5m + self.written_1h,
            "cache_read_input_tokens": self.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.written_5m,
                "ephemeral_1h_input_tokens": self.written_1h,
            },
        }


@dataclass(frozen=True)
class Place:
    """The prefix that ends with one piece."""

    digest: bytes
    tokens: int
    ttl: str | None


@dataclass(frozen=True)
class Fingerprint:
    """What is remembered of a request, to tell a later one what has changed.

    `settings` are those that empty the cache of the messages. `kept` is how many tokens
    it wrote or read; `messages` is a digest for each piece of the messages.
    """

    model: str
    tools: bytes
    system: bytes
    settings: bytes
    messages: tuple[bytes, ...]
    kept: int

    def reason_against(self, earlier: "Fingerprint") -> str:
        """Return the API's word for the first thing that differs."""
        if self.model != earlier.model:
            return "model_changed"
        if self.tools != earlier.tools:
            return "tools_changed"
        if self.system != earlier.system:
            return "system_changed"
        begins_alike = self.messages[: len(earlier.messages)] == earlier.messages
        if self.settings != earlier.settings or not begins_alike:
            return "messages_changed"
        return "unavailable"


class Diagnoses:
    """Remembers requests by the ids of their answers, and explains misses."""

    def __init__(self) -> None:
        self._known: dict[str, Fingerprint] = {}

    def explain(self, params: Json, model: Model, tokens: InputTokens) -> Json | None:
        """Return `diagnostics` of an answer; None where nobody asked for it."""
        asked = params.get("diagnostics")
        if asked is None:
            return None
        previous = asked.get("previous_message_id")
        reason: Json | None = None
        if previous is not None:
            earlier = self._known.get(previous)
            if earlier is None:
                reason = _missed("previous_message_not_found", None)
            elif (missed := earlier.kept - tokens.read) > 0:
                now = _fingerprint(params, model, tokens)
                reason = _missed(now.reason_against(earlier), missed)
        return {"cache_miss_reason": reason}

    def remember(
        self, message_id: str, params: Json, model: Model, tokens: InputTokens
    ) -> None:
        """Keep what a later request may name; the oldest is forgotten."""
        if params.get("diagnostics") is None:
            return
        self._known[message_id] = _fingerprint(params, model, tokens)
        if len(self._known) > MAX_FINGERPRINTS:
            del self._known[next(iter(self._known))]


class PromptCache:
    """Remembers cached prefixes until their time is over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._expiry: dict[bytes, float] = {}

    def use(self, params: Json, model: Model, count: TokenCount) -> InputTokens:
        """Read what is cached of a request, write what it asks to cache."""
        places = _places(params, model, count)
        total = places[-1].tokens
        marked = [
            index
            for index, place in enumerate(places)
            if place.ttl and place.tokens >= model.cache_minimum_tokens
        ]
        read = self._longest_hit(places, marked)
        written = {"5m": 0, "1h": 0}
        reached = read
        for index in marked:
            place = places[index]
            ttl = place.ttl or "5m"
            self._keep(place.digest, ttl)
            if place.tokens > reached:
                written[ttl] += place.tokens - reached
                reached = place.tokens
        return InputTokens(total - reached, read, written["5m"], written["1h"])

    def _longest_hit(self, places: list[Place], marked: list[int]) -> int:
        now = self._clock()
        longest = 0
        for index in marked:
            for back in range(index, max(-1, index - LOOKBACK_BLOCKS), -1):
                place = places[back]
                if self._expiry.get(place.digest, 0) > now:
                    longest = max(longest, place.tokens)
                    # A read keeps an entry alive for its time again.
                    self._keep(place.digest, places[index].ttl or "5m")
                    break
        return longest

    def _keep(self, digest: bytes, ttl: str) -> None:
        now = self._clock()
        if len(self._expiry) >= MAX_ENTRIES:
            self._expiry = {key: at for key, at in self._expiry.items() if at > now}
        if len(self._expiry) < MAX_ENTRIES:
            until = now + LIFETIMES[ttl]
            self._expiry[digest] = max(until, self._expiry.get(digest, 0))


def _places(params: Json, model: Model, count: TokenCount) -> list[Place]:
    ordered = list(pieces(params))
    automatic = _automatic_place(params, ordered)
    digest = hashlib.sha256(f"{model.id} {params.get('speed')}".encode())
    in_messages = False
    tokens = 0
    places = []
    for index, piece in enumerate(ordered):
        if piece.section == "messages" and not in_messages:
            in_messages = True
            digest.update(_message_settings(params, model))
        digest.update(f"\x00{piece.role}\x00".encode() + spelled(piece.block))
        tokens += count.piece(piece)
        mark = piece.block.get("cache_control")
        if index == automatic:
            mark = mark or params["cache_control"]
        ttl = (mark.get("ttl") or "5m") if mark else None
        places.append(Place(digest.digest(), tokens, ttl))
    return places


def _automatic_place(params: Json, ordered: list[Piece]) -> int | None:
    if params.get("cache_control") is None:
        return None
    cacheable = [index for index, piece in enumerate(ordered) if not piece.is_thinking]
    return cacheable[-1] if cacheable else None


def _fingerprint(params: Json, model: Model, tokens: InputTokens) -> Fingerprint:
    digests: dict[str, list[bytes]] = {"tools": [], "system": [], "messages": []}
    for piece in pieces(params):
        spelling = f"{piece.role}\x00".encode() + spelled(piece.block)
        digests[piece.section].append(hashlib.sha256(spelling).digest())
    return Fingerprint(
        model=model.id,
        tools=b"".join(digests["tools"]),
        system=b"".join(digests["system"]),
        settings=_message_settings(params, model),
        messages=tuple(digests["messages"]),
        kept=tokens.read + tokens.written_5m + tokens.written_1h,
    )


def _missed(kind: str, tokens: int | None) -> Json:
    return {"type": kind, "cache_missed_input_tokens": tokens}


def _message_settings(params: Json, model: Model) -> bytes:
    """Return what empties the cache of the messages when it changes.

    A default that is spelled out is no change.
    """
    output = params.get("output_config") or {}
    thinking = params.get("thinking") or {}
    by_default = "adaptive" if model.thinks_by_default else "disabled"
    settings = [
        thinking.get("type") or by_default,
        thinking.get("budget_tokens"),
        output.get("effort") or model.default_effort,
        output.get("format"),
        params.get("tool_choice") or {"type": "auto"},
    ]
    return json.dumps(settings, sort_keys=True).encode()
