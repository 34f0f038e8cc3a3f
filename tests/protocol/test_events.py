"""Events stand in a frame exactly as docs/protocol.md says."""

import re
from dataclasses import fields
from pathlib import Path
from uuid import UUID

import pytest

from conversations.protocol.commands import COMMANDS, Command
from conversations.protocol.events import (
    EVENTS,
    BlockDelta,
    Event,
    Pong,
    TurnEvent,
)

CONTRACT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
ONE = UUID("018f0000-0000-7000-8000-000000000001")


def row_of(name: str) -> str:
    rows = re.findall(rf"^\| `{re.escape(name)}` .*$", CONTRACT, re.MULTILINE)
    assert len(rows) == 1, f"docs/protocol.md has {len(rows)} rows for {name}"
    return str(rows[0])


def test_ids_become_text() -> None:
    event = BlockDelta(
        turn=ONE, conversation=ONE, epoch=1, seq=2, message=ONE, index=0, delta={}
    )

    assert event.as_json() == {
        "type": "block.delta",
        "turn": str(ONE),
        "conversation": str(ONE),
        "epoch": 1,
        "seq": 2,
        "message": str(ONE),
        "index": 0,
        "delta": {},
    }


def test_event_without_fields_is_its_type() -> None:
    assert Pong().as_json() == {"type": "pong"}


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.name)
def test_contract_names_every_field_of_an_event(event: type[Event]) -> None:
    shared = {field.name for field in fields(TurnEvent)}
    own = {field.name for field in fields(event)}
    if issubclass(event, TurnEvent):
        own -= shared

    row = row_of(event.name)

    assert {name for name in own if f"`{name}`" not in row} == set()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_contract_names_every_field_of_a_command(command: type[Command]) -> None:
    row = row_of(command.name)

    names = {field.name for field in fields(command)}
    assert {
        name for name in names if f"`{name}`" not in row and f"`{name}?`" not in row
    } == set()
