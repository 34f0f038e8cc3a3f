"""Signatures of thinking blocks: each one is bound to what stood before it.

A signature carries the model, a digest of the thinking and of the prefix, and
the digest of the thinking block before. The key is no secret: it only has to
be the same after a restart, so that stored conversations stay usable.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

from conversations.simulator.prefix import Piece, pieces, spelled
from conversations.simulator.wire import Block, Json, json_bytes

KEY = b"conversations.simulator: binds thinking to its conversation"
MAC_BYTES = 32


@dataclass(frozen=True)
class Seal:
    """What one signature says."""

    model_id: str
    thinking: str
    prefix: str
    previous: str


@dataclass(frozen=True)
class CompactionSeal:
    """What the signature of one compaction block says."""

    content: str
    tool_changes: str


class PrefixDigest:
    """A running digest over the pieces of a conversation, thinking left out.

    Thinking blocks are chained through `Seal.previous` instead, because the
    oldest of them may be dropped without harm to the others.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._speaker: str | None = None

    def add(self, piece: Piece) -> None:
        """Take the next piece in."""
        if piece.is_thinking:
            return
        speaker = piece.role or piece.section
        # Neighbours of one role are one turn, however many messages they fill.
        if speaker != self._speaker:
            self._hash.update(b"\x00%s\x00" % speaker.encode())
            self._speaker = speaker
        self._hash.update(spelled(piece.block) + b"\x01")

    def value(self, role: str) -> str:
        """Return the digest as it stands before a block of `role`."""
        here = self._hash.copy()
        if role != self._speaker:
            here.update(b"\x00%s\x00" % role.encode())
        return here.hexdigest()


def sign_blocks(params: Json, model_id: str, content: list[Block]) -> None:
    """Fill in the signature of every thinking block of a new answer."""
    digest = PrefixDigest()
    previous = ""
    for piece in pieces(params):
        digest.add(piece)
        if piece.block.get("type") == "thinking":
            previous = piece.block["signature"]
    for block in content:
        if block["type"] == "thinking":
            seal = Seal(
                model_id,
                short_digest(block["thinking"]),
                digest.value("assistant"),
                short_digest(previous),
            )
            block["signature"] = previous = write_signature(seal)
        else:
            digest.add(Piece("", "messages", "assistant", block))


def write_signature(seal: Seal) -> str:
    """Return the signature that says what `seal` says."""
    return _sealed(asdict(seal))


def read_signature(signature: str) -> Seal | None:
    """Return what a signature says, or None when the simulator did not make it."""
    said = _unsealed(signature)
    return Seal(**said) if said and "thinking" in said else None


def write_compaction_seal(content: str, tool_changes: list[Json]) -> str:
    """Return the signature of a compaction block."""
    changes = json_bytes(tool_changes).decode()
    return _sealed(asdict(CompactionSeal(short_digest(content), short_digest(changes))))


def read_compaction_seal(signature: str) -> CompactionSeal | None:
    """Return what it says, or None when the simulator did not make it."""
    said = _unsealed(signature)
    return CompactionSeal(**said) if said and "tool_changes" in said else None


def _sealed(facts: Json) -> str:
    content = json.dumps(facts).encode()
    mac = hmac.digest(KEY, content, "sha256")
    return base64.b64encode(mac + content).decode()


def _unsealed(signature: str) -> Json | None:
    try:
        sealed = base64.b64decode(signature, validate=True)
    except ValueError:
        return None
    mac, content = sealed[:MAC_BYTES], sealed[MAC_BYTES:]
    if not hmac.compare_digest(mac, hmac.digest(KEY, content, "sha256")):
        return None
    facts: Json = json.loads(content)
    return facts


def short_digest(text: str) -> str:
    """Return 16 hexadecimal digits that stand for `text`."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
