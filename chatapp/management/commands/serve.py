"""Start Colloquy: prepare what is missing, then serve until told to stop."""

import os
import tempfile
from argparse import ArgumentParser
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections

from chatapp.data_lock import DataFolderInUse, exclusive
from chatapp.first_start import (
    collect_static_if_changed,
    first_administrator,
    migrate_if_needed,
    one_at_a_time,
    wait_for_database,
)
from chatapp.roles import ROLES, Role, require_possible


class Command(BaseCommand):
    help = (
        "Serve Colloquy (after migrations, static files and the first administrator)."
    )
    # `make check` runs them; here they would cost a good part of the start.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the role of this process."""
        parser.add_argument(
            "--role",
            choices=ROLES,
            default="all",
            help="web serves pages, worker answers turns, all does both (the default)",
        )

    def handle(self, *, role: Role, **options: Any) -> None:
        """Prepare and serve; every refusal is one message and exit code 1."""
        # What is written from here on, the database first, is for the owner alone.
        os.umask(0o077)
        try:
            require_possible(role)
            wait_for_database(self.say)
            with data_folder():
                self.prepare_and_serve(role)
        except (DataFolderInUse, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(
                f"The database does not answer: {error}. Start it, or correct"
                " DATABASE_URL."
            ) from error

    def prepare_and_serve(self, role: Role) -> None:
        """Do what a first start needs, then listen."""
        # Twisted and Django put large bodies into the system's folder otherwise, which
        # may be small, or memory.
        tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)
        with one_at_a_time():
            collect_static_if_changed()
            migrate_if_needed()
            setup_path = first_administrator()
        # The loop and the application's threads open their own.
        connections.close_all()

        # The application lists the collected files when it is imported.
        from chatapp.asgi import application, probes  # noqa: PLC0415
        from chatapp.server import Server  # noqa: PLC0415
        from conversations import lifecycle  # noqa: PLC0415

        server = Server(
            probes if role == "worker" else application,
            host=settings.HOST,
            port=settings.PORT,
            max_body_bytes=settings.MAX_BODY_BYTES,
            on_start=partial(lifecycle.start, is_answering=role != "web"),
            on_listening=lambda: self.say(banner(role, setup_path)),
            on_drain=lifecycle.drain,
            on_stop=lifecycle.stop,
        )
        server.run()
        if server.failure:
            raise CommandError(
                f"{settings.HOST}:{settings.PORT} cannot be opened: {server.failure} "
                "Stop what uses it, or set HOST or PORT."
            )

    def say(self, text: str) -> None:
        """Print at once, into a file or a pipe too."""
        self.stdout.write(text)
        self.stdout.flush()


def data_folder() -> AbstractContextManager[None]:
    """Return the lock on the data folder; PostgreSQL lets several processes in."""
    if connection.vendor == "sqlite":
        return exclusive(settings.DATA_DIR)
    return nullcontext()


def banner(role: Role, setup_path: str | None) -> str:
    """Say where it answers, who answers, where data lie, and what to do first."""
    url = settings.TRUSTED_ORIGINS[0]
    lines = [
        f"Colloquy answers at {url}/",
        f"  Claude    {_upstream()}",
        f"  Data      {settings.DATA_DIR}",
        f"  Database  {connection.vendor}",
        *_share(role),
    ]
    if setup_path:
        lines += [
            "",
            "Nobody can log in yet. Make the first administrator here (works once):",
            f"  {url}{setup_path}",
        ]
    return "\n".join([*lines, "", "Stop it with Ctrl+C."])


def _share(role: Role) -> list[str]:
    """Say what this process does of the whole, where there may be others."""
    if settings.REDIS_URL is None:
        return []
    shares = {
        "all": "pages and answers",
        "web": "pages; workers answer",
        "worker": "answers; web processes serve pages",
    }
    return [f"  Process   {shares[role]}"]


def _upstream() -> str:
    if settings.ANTHROPIC_BASE_URL:
        return f"real, at {settings.ANTHROPIC_BASE_URL}"
    if settings.ANTHROPIC_API_KEY:
        return "real, at Anthropic"
    return "simulated answers (set ANTHROPIC_API_KEY for real ones)"
