"""The way in: static files, pages, and the socket behind an exact check of its origin."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
# Before the imports below: they need the models.
django_application = get_asgi_application()

from chatapp.hosts import OnlyProbes  # noqa: E402
from chatapp.origins import PublicScheme, TrustedOrigins, refuse  # noqa: E402
from chatapp.socket_session import with_session  # noqa: E402
from chatapp.static_files import StaticFiles  # noqa: E402
from conversations.routing import websocket_urlpatterns  # noqa: E402

# Channels routes ASGI applications through Django's paths. It logs a traceback for an
# address that no route knows, so the last one takes them all.
socket_routes: list[Any] = [
    *websocket_urlpatterns,
    re_path(r"", refuse),  # type: ignore[arg-type]
]

application = ProtocolTypeRouter(
    {
        "http": StaticFiles(PublicScheme(django_application, settings.IS_HTTPS)),
        "websocket": TrustedOrigins(
            with_session(URLRouter(socket_routes)),
            settings.TRUSTED_ORIGINS,
        ),
    }
)

# What a process answers that serves no pages: whether it lives, and whether it is ready.
probes = ProtocolTypeRouter(
    {
        "http": OnlyProbes(django_application),
        "websocket": refuse,
    }
)
