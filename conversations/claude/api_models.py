"""Reading one model of the Models API."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .types import Json


@dataclass(frozen=True, kw_only=True)
class ApiFacts:
    """What the Models API says of a model; None where it says nothing."""

    id: str
    display_name: str | None
    line: str | None
    released: date | None
    lifecycle: str | None
    deprecated_at: date | None
    retires_at: date | None
    max_input_tokens: int | None
    max_tokens: int | None
    capabilities: Json | None


def facts_from_api(model: Json) -> ApiFacts:
    """Return the facts in one model object; raises KeyError if it has no id."""
    capabilities = model.get("capabilities")
    return ApiFacts(
        id=str(model["id"]),
        display_name=_text(model.get("display_name")),
        line=_text(model.get("line")),
        released=_day(model.get("created_at")),
        lifecycle=_text(model.get("lifecycle")),
        deprecated_at=_day(model.get("deprecated_at")),
        retires_at=_day(model.get("retires_at")),
        max_input_tokens=_count(model.get("max_input_tokens")),
        max_tokens=_count(model.get("max_tokens")),
        capabilities=capabilities if isinstance(capabilities, dict) else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _day(value: Any) -> date | None:
    # The API writes the epoch where it does not know the day.
    try:
        day = datetime.fromisoformat(value).date()
    except (TypeError, ValueError):
        return None
    return day if day.year > 1970 else None
