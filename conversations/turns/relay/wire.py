"""The words between processes, and how they stand in a message.

A message is lines: a header, then the events' texts, which are never parsed again. The
header is `[sender, letter, ...]`, each letter `[name, field, ...]`, in order.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any
from uuid import UUID

from conversations.protocol.events import id_text
from conversations.turns.hub import Encoded, Topic

# Processes of one installation that do not understand each other must not meet.
VERSION = 1
# Where a letter goes that is for all processes.
EVERYBODY = "*"

_to_json = json.JSONEncoder(separators=(",", ":")).encode
_from_json = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True)
class Told:
    """Events for all who listen to a topic."""

    topic: Topic
    events: list[Encoded]


@dataclass(frozen=True, slots=True)
class Announced:
    """The sender has begun, or still goes on, to answer a turn."""

    turn: UUID
    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The sender wants to watch a turn of the reader's. `ref` is one of its sockets."""

    turn: UUID
    conversation: UUID
    ref: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The snapshot that was asked for; what the turn says next follows it."""

    turn: UUID
    conversation: UUID
    ref: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The sender does not run that turn (any more)."""

    turn: UUID
    ref: int | None


@dataclass(frozen=True, slots=True)
class Unwatched:
    """Nobody at the sender's watches the conversation any more."""

    conversation: UUID


@dataclass(frozen=True, slots=True)
class OwnerWoken:
    """There is word for the reader in the row of one of its turns."""


@dataclass(frozen=True, slots=True)
class WorkersWoken:
    """A turn waits to be claimed."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The sender was cut off: what it said meanwhile is lost."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Sent to oneself: shows that messages pass."""


type Letter = (
    Told
    | Announced
    | Asked
    | Answered
    | Refused
    | Unwatched
    | OwnerWoken
    | WorkersWoken
    | Returned
    | Pulse
)
_PLAIN: dict[str, type[Any]] = {
    letter.__name__: letter
    for letter in (
        Announced,
        Asked,
        Refused,
        Unwatched,
        OwnerWoken,
        WorkersWoken,
        Returned,
        Pulse,
    )
}


class Parcel:
    """Letters for one reader that wait to be sent together."""

    def __init__(self) -> None:
        self._letters: list[list[Any]] = []
        self._texts: list[str] = []

    def add(self, letter: Letter) -> int:
        """Take a letter and return about how many bytes it adds."""
        match letter:
            case Told(topic, events):
                entry = ["Told", topic.kind, _plain(topic.id)]
                for item in events:
                    entry += (item.name, _plain(item.turn_id), item.must_arrive)
                    self._texts.append(item.text)
                size = sum(len(item.text) for item in events)
            case Answered(turn, conversation, ref, text):
                entry = ["Answered", str(turn), str(conversation), ref]
                self._texts.append(text)
                size = len(text)
            case _:
                values = (getattr(letter, field.name) for field in fields(letter))
                entry = [type(letter).__name__, *map(_plain, values)]
                size = 0
        self._letters.append(entry)
        return size + 100

    def pack(self, sender: str) -> str:
        """Return the message."""
        return "\n".join([_to_json([sender, *self._letters]), *self._texts])


def unpack(message: str) -> tuple[str, list[Letter]]:
    """Return the sender of a message and its letters; raise ValueError or so if broken."""
    header, *texts = message.split("\n")
    sender, *entries = _from_json(header)
    remaining = iter(texts)
    return sender, [_letter(entry, remaining) for entry in entries]


def _letter(entry: list[Any], texts: Iterator[str]) -> Letter:
    match entry:
        case ["Told", kind, key, *facts]:
            topic = Topic(kind, _id(key) if kind == "conversation" else key)
            names, turns, musts = facts[::3], facts[1::3], facts[2::3]
            return Told(
                topic,
                [
                    Encoded(name, turn and _id(turn), must_arrive, next(texts))
                    for name, turn, must_arrive in zip(names, turns, musts, strict=True)
                ],
            )
        case ["Answered", turn, conversation, ref]:
            return Answered(_id(turn), _id(conversation), ref, next(texts))
        case _:
            name, *values = entry
            letter: Letter = _PLAIN[name](
                *(_id(value) if isinstance(value, str) else value for value in values)
            )
            return letter


def _plain(value: Any) -> Any:
    return id_text(value) if isinstance(value, UUID) else value


# The same few ids come with each of thousands of events.
_id = lru_cache(maxsize=4096)(UUID)
