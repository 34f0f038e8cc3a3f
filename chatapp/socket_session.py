"""The session of a socket."""

from importlib import import_module
from typing import Any

from channels.sessions import CookieMiddleware
from django.conf import settings

type Scope = dict[str, Any]


class SocketSession:
    """Puts the session that the cookie names into the scope.

    Channels' own middleware looks besides, with each frame that goes out, whether a
    cookie has to go with it, which no frame can carry: a tenth of what a frame costs.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass the connection on; nothing is read from the database."""
        key = scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        await self._application(scope | {"session": session}, receive, send)


def with_session(application: Any) -> Any:
    """Return an application whose scope has the cookies and the session."""
    return CookieMiddleware(SocketSession(application))
