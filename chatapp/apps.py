"""The project as an app: its commands and start-up checks."""

from django.apps import AppConfig


class ChatappConfig(AppConfig):
    name = "chatapp"
