"""Lists in pages: `limit`, `after_id` and `before_id`, as every list of the API."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from conversations.simulator.errors import invalid
from conversations.simulator.wire import Json

# The beta namespace of the SDK adds `beta=true` to every path.
PAGE_OPTIONS = ("limit", "after_id", "before_id", "beta")


class Listed(Protocol):
    """What a list holds."""

    @property
    def id(self) -> str: ...


def page_of[T: Listed](
    shown: Sequence[T],
    query: Iterable[tuple[str, str]],
    as_json: Callable[[T], Json],
    other_options: Iterable[str] = (),
) -> Json:
    """Return one page of a list. Raises the API's 400 for a wrong option."""
    options = dict(query)
    for name in options:
        if name not in (*PAGE_OPTIONS, *other_options):
            raise invalid(name, "Extra inputs are not permitted")
    page, has_more = _cut(shown, options)
    return {
        "data": [as_json(item) for item in page],
        "has_more": has_more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _cut[T: Listed](
    shown: Sequence[T], options: dict[str, str]
) -> tuple[Sequence[T], bool]:
    limit = _limit(options.get("limit", "20"))
    ids = [item.id for item in shown]
    if before := options.get("before_id"):
        earlier = shown[: _position(ids, before, "before_id")]
        return earlier[-limit:], len(earlier) > limit
    start = 0
    if after := options.get("after_id"):
        start = _position(ids, after, "after_id") + 1
    return shown[start : start + limit], len(shown) > start + limit


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise invalid("limit", "Input should be between 1 and 1000")
    return int(text)


def _position(ids: list[str], cursor: str, name: str) -> int:
    if cursor not in ids:
        raise invalid(name, f"'{cursor}' is not the id of a listed object")
    return ids.index(cursor)
