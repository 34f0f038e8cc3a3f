"""Frames become commands, or a rejection that says what was wrong."""

import json
from typing import Any
from uuid import UUID

import pytest

from conversations.protocol.commands import (
    COMMANDS,
    MAX_ATTACHMENTS,
    MAX_TEXT_CHARACTERS,
    CommandRejected,
    Ping,
    RetryTurn,
    SendMessage,
    parse,
)

ID = "018f0000-0000-7000-8000-000000000001"
OTHER = "018f0000-0000-7000-8000-000000000002"


def rejection_of(frame: str) -> CommandRejected:
    with pytest.raises(CommandRejected) as caught:
        parse(frame)
    return caught.value


def send(**fields: Any) -> str:
    return json.dumps({"type": "message.send", "client_id": ID, "text": "Hi", **fields})


def test_full_message_is_read() -> None:
    frame = send(
        conversation=OTHER,
        parent=OTHER,
        attachments=[OTHER],
        model="claude-opus-5-5",
        effort="high",
        thinking="adaptive",
    )

    assert parse(frame) == SendMessage(
        client_id=UUID(ID),
        conversation=UUID(OTHER),
        parent=UUID(OTHER),
        text="Hi",
        attachments=(UUID(OTHER),),
        model="claude-opus-5-5",
        effort="high",
        thinking="adaptive",
    )


def test_left_out_and_null_fields_are_defaults() -> None:
    assert parse(send(conversation=None)) == SendMessage(client_id=UUID(ID), text="Hi")


def test_unknown_fields_are_ignored() -> None:
    assert parse('{"type": "ping", "owner": "root"}') == Ping()


def test_retry_needs_no_settings() -> None:
    frame = json.dumps({"type": "turn.retry", "client_id": ID, "turn": OTHER})

    assert parse(frame) == RetryTurn(client_id=UUID(ID), turn=UUID(OTHER))


@pytest.mark.parametrize(
    "frame", ["", "no json", "[]", "1", "null", '"ping"', "[" * 100_000]
)
def test_what_is_no_object_is_malformed(frame: str) -> None:
    assert rejection_of(frame).type == "malformed_command"


@pytest.mark.parametrize("name", ["message.sned", "", None, 5, ["ping"], {"a": 1}])
def test_unknown_command_names_the_known_ones(name: object) -> None:
    rejection = rejection_of(json.dumps({"type": name}))

    assert rejection.type == "unknown_command"
    assert all(known in rejection.message for known in COMMANDS)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"client_id": None}, "'client_id' is missing"),
        ({"client_id": "12"}, "'client_id' must be a UUID, got '12'"),
        ({"client_id": 12}, "'client_id' must be a UUID, got '12'"),
        ({"conversation": ["x"]}, "'conversation' must be a UUID"),
        ({"text": None}, "'text' is missing"),
        ({"text": 5}, "'text' must be text, got int"),
        ({"text": "a\0b"}, "'text' holds a NUL character"),
        ({"text": "x" * (MAX_TEXT_CHARACTERS + 1)}, "at most 400,000 are allowed"),
        ({"attachments": "x"}, "'attachments' must be a list of at most 100 ids"),
        ({"attachments": [1]}, "'attachments' must be a UUID"),
        ({"attachments": [OTHER] * (MAX_ATTACHMENTS + 1)}, "at most 100 ids"),
        ({"model": "m" * 201}, "'model' has 201 characters"),
        ({"model": {"id": "x"}}, "'model' must be text, got dict"),
    ],
)
def test_wrong_field_is_named_with_what_came(
    fields: dict[str, Any], complaint: str
) -> None:
    rejection = rejection_of(send(**fields))

    assert rejection.type == "malformed_command"
    assert rejection.command == "message.send"
    assert complaint in rejection.message


def test_rejection_keeps_the_client_id_for_the_sender() -> None:
    assert rejection_of(send(text=5)).client_id == UUID(ID)


def test_longest_text_passes() -> None:
    command = parse(send(text="x" * MAX_TEXT_CHARACTERS))

    assert isinstance(command, SendMessage)
    assert len(command.text) == MAX_TEXT_CHARACTERS


def test_lone_surrogate_becomes_a_question_mark() -> None:
    command = parse(send(text="a\ud800b"))

    assert isinstance(command, SendMessage)
    assert command.text == "a?b"
