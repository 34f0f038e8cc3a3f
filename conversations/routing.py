"""Where sockets connect."""

from django.urls import path

from conversations.consumers import BrowserConsumer

websocket_urlpatterns = [
    # Channels routes ASGI applications through Django's path().
    path("ws/", BrowserConsumer.as_asgi())  # type: ignore[arg-type]
]
