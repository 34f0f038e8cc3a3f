"""Events as they were before the hub made them into text."""

import json
from typing import Any, get_args, get_type_hints
from uuid import UUID

from conversations.protocol.events import EVENTS, Event
from conversations.turns.hub import Encoded


def event_of(item: Encoded) -> Event:
    """Return the event that an encoded one was made of."""
    fields: dict[str, Any] = json.loads(item.text)
    event = EVENTS[fields.pop("type")]
    hints = get_type_hints(event)
    return event(**{name: _value(hints[name], value) for name, value in fields.items()})


def _value(hint: Any, value: Any) -> Any:
    is_id = hint is UUID or UUID in get_args(hint)
    return UUID(value) if is_id and value is not None else value
