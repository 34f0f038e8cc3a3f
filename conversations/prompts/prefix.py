"""The row that fixes how every request of a conversation begins."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.crypto import salted_hmac

from conversations.models import Prefix


def new_prefix(
    owner: AbstractBaseUser,
    tools: Sequence[dict[str, Any]] = (),
    json_schema: dict[str, Any] | None = None,
) -> Prefix:
    """Store and return the prefix of a new conversation of `owner`.

    `tools` are the definitions that the API gets with every request. Answers that have
    to fit a schema cannot cite.
    """
    return Prefix.objects.create(
        metadata_user_id=opaque_id(owner),
        tools=list(tools),
        json_schema=json_schema,
        citations=json_schema is None,
    )


def opaque_id(user: AbstractBaseUser) -> str:
    """Return a stable id that tells the API nothing about the person."""
    return salted_hmac(
        "conversations.metadata_user_id", str(user.pk), algorithm="sha256"
    ).hexdigest()
