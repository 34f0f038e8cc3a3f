"""Serve the simulated Claude API on a port of its own."""

from argparse import ArgumentParser
from typing import Any

from daphne.endpoints import (  # type: ignore[import-untyped, unused-ignore]
    build_endpoint_description_strings,
)
from daphne.server import Server  # type: ignore[import-untyped, unused-ignore]
from django.core.management.base import BaseCommand, CommandError

from conversations.simulator import Simulator
from conversations.simulator.asgi import application


class Command(BaseCommand):
    """`manage.py simulate_claude`: needs no database and no key."""

    help = "Serve a simulated Claude API, for trying and testing clients."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to listen and how fast to answer."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8901, help="0 takes a free one")
        parser.add_argument(
            "--pace",
            type=float,
            default=1.0,
            help="factor on the human pace; 0 is none",
        )

        parser.add_argument(
            "--platform",
            help="stand for a cloud: aws, bedrock, bedrock_legacy, foundry, google,"
            " google_anthropic",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen until the process is stopped."""
        endpoints = build_endpoint_description_strings(
            host=options["host"], port=options["port"]
        )
        server: Server = Server(
            application=application(_simulator(options["platform"], options["pace"])),
            endpoints=endpoints,
            ready_callable=lambda: self._announce(server),
        )
        server.run()

    def _announce(self, server: Server) -> None:
        for host, port in server.listening_addresses:
            shown = f"[{host}]" if ":" in host else host
            self.stdout.write(f"http://{shown}:{port}")
        self.stdout.flush()


def _simulator(platform: str | None, pace: float) -> Simulator:
    if platform is None:
        return Simulator(pace=pace)
    from conversations.simulator.platforms import SIMULATORS  # noqa: PLC0415  extras

    if platform not in SIMULATORS:
        raise CommandError(f"Expected one of {', '.join(SIMULATORS)}, got {platform}.")
    return SIMULATORS[platform](pace=pace)
