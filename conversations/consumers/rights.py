"""Whose socket this is, asked anew for each command."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from conversations.models.reading import read


async def current_user(scope: Mapping[str, Any]) -> AbstractBaseUser | None:
    """Return the active user of the scope's session as the database knows it now.

    Channels reads session and user once, when the socket opens. Read again, so that
    a log-out, a new password or a closed account ends the rights of an open socket.
    """
    session = scope.get("session")
    key = getattr(session, "session_key", None)
    if key is None:
        return None
    return await read(_user_of, key)


def _user_of(session_key: str) -> AbstractBaseUser | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, AbstractBaseUser) and user.is_active else None
