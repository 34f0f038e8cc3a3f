"""Checks of single values, each raising with the path of what is wrong."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from conversations.simulator.errors import invalid

type Check = Callable[[Any, str], None]
type Fields = Mapping[str, Check]


def check_object(
    value: Any, path: str, required: Fields, optional: Fields | None = None
) -> None:
    """Check an object with exactly these fields; optional ones may be null."""
    optional = optional or {}
    an_object(value, path)
    for name in required:
        if name not in value:
            raise invalid(join(path, name), "Field required")
    for name, item in value.items():
        if name in required:
            required[name](item, join(path, name))
        elif name not in optional:
            raise invalid(join(path, name), "Extra inputs are not permitted")
        elif item is not None:
            optional[name](item, join(path, name))


def join(path: str, name: str | int) -> str:
    """Return the path of a field or element below `path`."""
    return f"{path}.{name}" if path else str(name)


def an_object(value: Any, path: str) -> None:
    """Check that the value is an object."""
    if not isinstance(value, dict):
        raise invalid(path, "Input should be a valid dictionary")


def a_list(value: Any, path: str) -> None:
    """Check that the value is a list."""
    if not isinstance(value, list):
        raise invalid(path, "Input should be a valid list")


def a_string(value: Any, path: str) -> None:
    """Check that the value is a string."""
    if not isinstance(value, str):
        raise invalid(path, "Input should be a valid string")


def a_bool(value: Any, path: str) -> None:
    """Check that the value is true or false."""
    if not isinstance(value, bool):
        raise invalid(path, "Input should be a valid boolean")


def anything(value: Any, path: str) -> None:
    """Accept every value."""


def a_number(minimum: float, maximum: float) -> Check:
    """Make a check for numbers between two bounds, both included."""

    def check(value: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise invalid(path, "Input should be a valid number")
        if not minimum <= value <= maximum:
            raise invalid(path, f"Input should be between {minimum} and {maximum}")

    return check


def an_integer(minimum: int, maximum: int | None = None) -> Check:
    """Make a check for whole numbers between two bounds, both included."""

    def check(value: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid(path, "Input should be a valid integer")
        if value < minimum:
            raise invalid(path, f"Input should be greater than or equal to {minimum}")
        if maximum is not None and value > maximum:
            raise invalid(path, f"Input should be less than or equal to {maximum}")

    return check


def one_of(choices: Collection[str]) -> Check:
    """Make a check for one of some strings."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or value not in choices:
            expected = ", ".join(f"'{choice}'" for choice in choices)
            raise invalid(path, f"Input should be {expected}")

    return check


def list_of(check_item: Check) -> Check:
    """Make a check for a list whose elements all pass `check_item`."""

    def check(value: Any, path: str) -> None:
        a_list(value, path)
        for index, item in enumerate(value):
            check_item(item, join(path, index))

    return check


def string_up_to(limit: int) -> Check:
    """Make a check for strings of 1 to `limit` characters."""

    def check(value: Any, path: str) -> None:
        a_string(value, path)
        if not 1 <= len(value) <= limit:
            raise invalid(path, f"String should have 1 to {limit} characters")

    return check


def tagged(value: Any, path: str, choices: Collection[str]) -> str:
    """Return the `type` of an object when it is one of `choices`."""
    an_object(value, path)
    if "type" not in value:
        raise invalid(join(path, "type"), "Field required")
    kind = value["type"]
    if not isinstance(kind, str) or kind not in choices:
        expected = ", ".join(f"'{choice}'" for choice in choices)
        raise invalid(
            path,
            f"Input tag '{kind}' found using 'type' does not match any of the "
            f"expected tags: {expected}",
        )
    return kind
