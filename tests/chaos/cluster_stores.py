"""PostgreSQL and Redis of a campaign's own, which it may stop and start again."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.cluster_program import Program, quiet_port
from tests.postgres import find_programs, unprivileged

START_SECONDS = 60
READY = "Ready to accept connections"  # what Redis logs when it does


class Missing(Exception):
    """A program that a campaign needs is not installed."""


class Postgres:
    """A PostgreSQL server with the settings that it is installed with."""

    def __init__(self, folder: Path) -> None:
        programs = self.require()
        self._identity = unprivileged()
        self.port = quiet_port()
        folder.mkdir(parents=True)
        if user := self._identity.get("user"):
            shutil.chown(folder, user)
        self._make_files(programs, folder)
        self.program = Program(
            "postgres",
            [
                *(programs / "postgres", "-D", folder / "data", "-k", ""),
                *("-p", str(self.port), "-c", "listen_addresses=127.0.0.1"),
                *("-c", "max_connections=300"),
            ],
            folder,
            {"PATH": os.environ["PATH"]},
            **self._identity,
        )

    @staticmethod
    def require() -> Path:
        """Return the folder of its programs, or raise Missing."""
        programs = find_programs()
        if programs is None:
            raise Missing("PostgreSQL is not installed (apt-get install postgresql)")
        return programs

    def _make_files(self, programs: Path, folder: Path) -> None:
        options = "--username=colloquy --auth=trust --encoding=UTF8 --locale=C"
        subprocess.run(
            [programs / "initdb", "--pgdata", folder / "data", *options.split()],
            check=True,
            capture_output=True,
            cwd=folder,
            **self._identity,
        )

    async def start(self) -> None:
        """Start it and return when it takes connections."""
        self.program.start()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.program.is_running:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                await asyncio.sleep(0.05)
            else:
                return
        raise AssertionError(f"PostgreSQL did not start:\n{self.program.output}")

    async def stop(self) -> None:
        """Stop it and break every connection."""
        self.program.ask_to_stop(signal.SIGINT)  # its fast shutdown
        assert await self.program.ended(30) is not None, "PostgreSQL did not stop"

    def make_database(self, name: str) -> str:
        """Make a database and return its URL."""
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgres://colloquy@127.0.0.1:{self.port}/{name}"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="colloquy",
            dbname=database,
            autocommit=True,
        )


class Redis:
    """A Redis server that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        program = self.require()
        self.port = quiet_port()
        folder.mkdir(parents=True)
        self.program = Program(
            "redis",
            [
                *(program, "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(folder)),
            ],
            folder,
            {"PATH": os.environ["PATH"]},
        )

    @staticmethod
    def require() -> str:
        """Return its program, or raise Missing."""
        program = shutil.which("redis-server")
        if program is None:
            raise Missing("Redis is not installed (apt-get install redis-server)")
        return program

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Start it and return when it listens."""
        before = self.program.output.count(READY)
        self.program.start()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.program.is_running:
            if self.program.output.count(READY) > before:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"Redis did not start:\n{self.program.output}")

    async def stop(self) -> None:
        """Stop it and break every connection."""
        self.program.ask_to_stop()
        assert await self.program.ended(30) is not None, "Redis did not stop"
