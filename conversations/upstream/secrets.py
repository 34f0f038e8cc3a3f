"""The secrets of providers: in the environment or in a folder, never in the database.

Only names made for this purpose can be named: whoever may set up a provider shall not be
able to send the key of the database to an address of his choice.
"""

import os
import re

from django.conf import settings

from conversations.claude import Secret
from conversations.models.provider import SecretPlace

# What the vendors' own tools call their keys, and what is named for Colloquy alone.
KNOWN_VARIABLES = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AWS_API_KEY",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "AWS_BEARER_TOKEN_BEDROCK",
)
VARIABLE_PREFIX = "PROVIDER_"
LONGEST_SECRET = 64 * 1024  # ours; a key file of Google's has some 2,400 characters

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class BadSecret(ValueError):
    """A reference that names nothing usable; the message never holds the secret."""


def check_name(place: str, name: str) -> None:
    """Refuse a name that may not be used. Raises BadSecret."""
    if place == SecretPlace.ENVIRONMENT:
        if not _VARIABLE.fullmatch(name) or not _is_for_providers(name):
            raise BadSecret(
                f"Expected: a variable whose name begins with {VARIABLE_PREFIX}, or one of"
                f" {', '.join(KNOWN_VARIABLES)}."
            )
    elif place == SecretPlace.FILE and not _FILE.fullmatch(name):
        raise BadSecret(
            f"Expected: the name of a file in {settings.PROVIDER_SECRETS_DIR}, without"
            " a path."
        )


def read_secret(place: str, name: str) -> Secret | None:
    """Return the secret that a provider refers to, or None if it needs none.

    Raises BadSecret.
    """
    if not place:
        return None
    check_name(place, name)
    if place == SecretPlace.ENVIRONMENT:
        value = os.environ.get(name, "").strip()
        if not value:
            raise BadSecret(f"The environment variable {name} is not set.")
        return Secret(value)
    return Secret(_text_of(name))


def _text_of(name: str) -> str:
    path = settings.PROVIDER_SECRETS_DIR / name
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST_SECRET + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSecret(f"{path} cannot be read: {type(error).__name__}.") from None
    if not text:
        raise BadSecret(f"{path} is empty.")
    if len(text) > LONGEST_SECRET:
        raise BadSecret(f"{path} is too long for a secret.")
    return text


def _is_for_providers(name: str) -> bool:
    return name.startswith(VARIABLE_PREFIX) or name in KNOWN_VARIABLES
