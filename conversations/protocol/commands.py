"""What a browser may ask for on the socket.

| command              | fields                                                           |
|----------------------|------------------------------------------------------------------|
| conversation.watch   | conversation, leaf?                                              |
| conversation.unwatch | conversation                                                     |
| message.send         | client_id, conversation?, parent?, text, attachments, settings,  |
|                      | tools? (names), json_schema? (both with the first message only)  |
| message.edit         | client_id, message, text, attachments, settings                  |
| turn.retry           | client_id, turn, settings                                        |
| turn.continue        | client_id, turn                                                  |
| turn.cancel          | turn                                                             |
| turn.resync          | turn                                                             |
| tool.decide          | turn, call, decision                                             |
| ping                 |                                                                  |

`settings` are model?, effort?, thinking?, speed?, inference_geo?, service_tier?. docs/protocol.md is the full contract.
"""

import json
import types
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

MAX_TEXT_CHARACTERS = 400_000  # ours: longer text becomes a text attachment
MAX_ATTACHMENTS = 100  # ours: far above what one person adds to one message
MAX_SCHEMA_CHARACTERS = 20_000  # ours: it goes with every request
MAX_TOOLS = 100  # ours: switches of one conversation; a server of many tools is one


LONGER_TEXTS = {"text": MAX_TEXT_CHARACTERS, "json_schema": MAX_SCHEMA_CHARACTERS}


class CommandRejected(Exception):
    """A command that cannot be carried out, with what the sender can do about it."""

    def __init__(
        self,
        error_type: str,
        message: str,
        *,
        command: str | None = None,
        client_id: UUID | None = None,
        retryable: bool = False,
        action: str = "none",
    ) -> None:
        super().__init__(message)
        self.type = error_type
        self.message = message
        self.command = command
        self.client_id = client_id
        # Whether the same command may be carried out later, without a change.
        self.retryable = retryable
        self.action = action


@dataclass(frozen=True, kw_only=True)
class Command:
    """A parsed command; `name` is its `type` on the wire."""

    name: ClassVar[str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a person chose for the next answer; None leaves the model's default."""

    model: str | None = None
    effort: str | None = None
    thinking: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    service_tier: str | None = None


@dataclass(frozen=True, kw_only=True)
class WatchConversation(Command):
    name = "conversation.watch"
    conversation: UUID
    leaf: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class UnwatchConversation(Command):
    name = "conversation.unwatch"
    conversation: UUID


@dataclass(frozen=True, kw_only=True)
class SendMessage(Command, Settings):
    name = "message.send"
    client_id: UUID
    conversation: UUID | None = None
    parent: UUID | None = None
    text: str
    attachments: tuple[UUID, ...] = ()
    # Answered within a day, for half the price.
    later: bool = False
    # A conversation's tools are declared with its first message, for ever.
    tools: tuple[str, ...] = ()
    # So is the JSON schema, as text, that all its answers have to fit.
    json_schema: str | None = None


@dataclass(frozen=True, kw_only=True)
class EditMessage(Command, Settings):
    name = "message.edit"
    client_id: UUID
    message: UUID
    text: str
    attachments: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RetryTurn(Command, Settings):
    name = "turn.retry"
    client_id: UUID
    turn: UUID


@dataclass(frozen=True, kw_only=True)
class ContinueTurn(Command):
    name = "turn.continue"
    client_id: UUID
    turn: UUID


@dataclass(frozen=True, kw_only=True)
class CancelTurn(Command):
    name = "turn.cancel"
    turn: UUID


@dataclass(frozen=True, kw_only=True)
class ResyncTurn(Command):
    name = "turn.resync"
    turn: UUID


@dataclass(frozen=True, kw_only=True)
class DecideTool(Command):
    name = "tool.decide"
    turn: UUID
    call: str
    decision: str


@dataclass(frozen=True, kw_only=True)
class Ping(Command):
    name = "ping"


COMMANDS: dict[str, type[Command]] = {
    command.name: command
    for command in (
        WatchConversation,
        UnwatchConversation,
        SendMessage,
        EditMessage,
        RetryTurn,
        ContinueTurn,
        CancelTurn,
        ResyncTurn,
        DecideTool,
        Ping,
    )
}


def parse(frame: str) -> Command:
    """Return the command in one text frame, or raise CommandRejected."""
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        raise CommandRejected(
            "malformed_command", "Expected one JSON object in a text frame."
        ) from None
    if not isinstance(message, dict):
        raise CommandRejected(
            "malformed_command",
            f"Expected a JSON object, got {type(message).__name__}.",
        )
    return from_json(message)


def from_json(message: dict[str, Any]) -> Command:
    """Return the command that a decoded JSON object means, or raise CommandRejected."""
    name = message.get("type")
    command = COMMANDS.get(name) if isinstance(name, str) else None
    if command is None:
        raise CommandRejected(
            "unknown_command",
            f"Unknown command {str(name)[:80]!r}. Known: {', '.join(COMMANDS)}.",
            command=str(name)[:80],
        )
    try:
        return command(**_read_fields(command, message))
    except _FieldError as error:
        raise CommandRejected(
            "malformed_command",
            f"{command.name}: {error}",
            command=command.name,
            client_id=_client_id_of(message),
        ) from None


class _FieldError(ValueError):
    pass


def _read_fields(command: type[Command], message: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(command)
    return {
        field.name: _read(field, hints[field.name], message)
        for field in fields(command)
    }


def _read(field: Field[Any], hint: Any, message: dict[str, Any]) -> Any:
    value = message.get(field.name)
    if value is None:
        if field.default is MISSING:
            raise _FieldError(f"the field {field.name!r} is missing.")
        return field.default
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        is_ids = get_args(hint)[0] is UUID
        return _read_ids(field.name, value) if is_ids else _read_names(field, value)
    if hint is bool:
        return _read_bool(field.name, value)
    return _read_id(field.name, value) if hint is UUID else _read_text(field, value)


def _read_bool(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _FieldError(f"{name!r} must be true or false.")
    return value


def _read_id(name: str, value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise _FieldError(
            f"{name!r} must be a UUID, got {str(value)[:40]!r}."
        ) from None


def _read_ids(name: str, value: Any) -> tuple[UUID, ...]:
    if not isinstance(value, list) or len(value) > MAX_ATTACHMENTS:
        raise _FieldError(f"{name!r} must be a list of at most {MAX_ATTACHMENTS} ids.")
    return tuple(_read_id(name, item) for item in value)


def _read_names(field: Field[Any], value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_TOOLS:
        raise _FieldError(
            f"{field.name!r} must be a list of at most {MAX_TOOLS} names."
        )
    return tuple(_read_text(field, item) for item in value)


def _read_text(field: Field[Any], value: Any) -> str:
    if not isinstance(value, str):
        raise _FieldError(f"{field.name!r} must be text, got {type(value).__name__}.")
    limit = LONGER_TEXTS.get(field.name, 200)
    if len(value) > limit:
        instead = " Attach longer text as a file." if field.name == "text" else ""
        raise _FieldError(
            f"{field.name!r} has {len(value):,} characters; at most {limit:,} are"
            f" allowed.{instead}"
        )
    if "\0" in value:
        raise _FieldError(f"{field.name!r} holds a NUL character.")
    # A lone surrogate cannot be sent on as UTF-8: keep its place, not its value.
    return value.encode("utf-8", "replace").decode()


def _client_id_of(message: dict[str, Any]) -> UUID | None:
    try:
        return UUID(str(message.get("client_id")))
    except ValueError:
        return None
