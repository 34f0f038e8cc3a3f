"""The parts of an address that somebody typed: none may lead to another host or path."""

import re

_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_HOST_PART = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def checked_host_part(what: str, text: str) -> str:
    """Return a name that goes into a host name. Raises ValueError."""
    if not _HOST_PART.fullmatch(text):
        raise ValueError(_complaint(what, text, "small letters, digits and hyphens"))
    return text


def checked_path_part(what: str, text: str) -> str:
    """Return a name that goes into a path or a header. Raises ValueError."""
    if not _PART.fullmatch(text) or ".." in text:
        raise ValueError(_complaint(what, text, "letters, digits and . _ -"))
    return text


def _complaint(what: str, text: str, expected: str) -> str:
    if not text:
        return f"The {what} is missing"
    return f"The {what} {text[:80]!r} holds something else than {expected}"
