"""Read settings from the environment, typed and loud: a wrong value stops the start."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


def env_str(
    name: str,
    default: str = "",
    *,
    choices: tuple[str, ...] = (),
    environ: Mapping[str, str] = os.environ,
) -> str:
    """Return the variable's text; an empty value counts as unset, as compose files write it."""
    value = environ.get(name, "").strip() or default
    if choices and value not in choices:
        raise _refusal(name, f"one of {', '.join(choices)}", value)
    return value


def env_bool(
    name: str, default: bool, *, environ: Mapping[str, str] = os.environ
) -> bool:
    """Return True for 1/true/yes/on and False for 0/false/no/off, in any case."""
    value = env_str(name, environ=environ).lower()
    if not value:
        return default
    if value in TRUE_WORDS:
        return True
    if value in FALSE_WORDS:
        return False
    raise _refusal(name, "1 or 0 (also true/false, yes/no, on/off)", value)


def env_int(
    name: str,
    default: int,
    *,
    at_least: int,
    at_most: int,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Return the variable as a whole number within both limits."""
    value = env_str(name, environ=environ)
    if not value:
        return default
    expected = f"a whole number from {at_least} to {at_most}"
    # int() alone would also take "1_000", " 7" and digits of other scripts.
    if not (value.isascii() and value.removeprefix("-").isdigit()):
        raise _refusal(name, expected, value)
    number = int(value)
    if not at_least <= number <= at_most:
        raise _refusal(name, expected, value)
    return number


def env_list(name: str, *, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the comma-separated parts, without blanks around them."""
    parts = env_str(name, environ=environ).split(",")
    return [part.strip() for part in parts if part.strip()]


def env_secret(name: str, *, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return a secret from NAME, or from the file that NAME_FILE names, or None.

    The value never appears in a refusal.
    """
    value, path = (
        env_str(name, environ=environ),
        env_str(f"{name}_FILE", environ=environ),
    )
    if value and path:
        raise ImproperlyConfigured(
            f"{name} and {name}_FILE are both set. Keep one of the two."
        )
    if path:
        value = _file_text(f"{name}_FILE", Path(path))
    if any(not character.isprintable() for character in value):
        raise ImproperlyConfigured(
            f"{name} holds a control character (a line break?). "
            "Set it to the secret alone, on one line."
        )
    return value or None


def _file_text(name: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name} must name a readable text file that holds only the secret, "
            f"but {path} cannot be read: {error}. Correct the path or its permissions."
        ) from error
    if not text:
        raise ImproperlyConfigured(
            f"{name} names {path}, which is empty. Write the secret into it."
        )
    return text


def _refusal(name: str, expected: str, value: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{name} must be {expected}, but it is {value!r}. "
        f"Correct it, or unset {name} for the default."
    )
