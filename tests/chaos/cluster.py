"""What a campaign runs: the simulator, databases, and any number of real servers."""

import asyncio
import atexit
import functools
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.chaos.cluster_program import ROOT, Program, quiet_port, status_of
from tests.chaos.cluster_rows import Rows, open_rows
from tests.chaos.cluster_stores import Postgres, Redis
from tests.chaos.tab_login import NAME, PASSWORD

START_SECONDS = 60


class Server(Program):
    """A command of manage.py on a port that it keeps through every restart."""

    def __init__(
        self, name: str, folder: Path, port: int, command: list[str], **settings: str
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            name,
            [sys.executable, "manage.py", *command],
            folder,
            shell_environment() | {"PORT": str(port)} | settings,
        )

    async def launch(self, path: str = "/healthz") -> float:
        """Start it; return after how many seconds `path` answered 200."""
        begun = time.monotonic()
        self.start()
        await self.answers(path)
        return time.monotonic() - begun

    async def answers(
        self, path: str, status: int = 200, timeout_seconds: float = START_SECONDS
    ) -> None:
        """Return when `path` answers so; fail with what the server said."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline and self.is_running:
            if await status_of(self.port, path) == status:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(
            f"{self.name}: {path} is not {status}:\n{self.output[-5000:]}"
        )


class Site:
    """One Colloquy: its data folder, its database and the processes that serve it."""

    def __init__(self, cluster: "Cluster", name: str, **settings: str) -> None:
        self._cluster = cluster
        self.name = name
        self.folder = cluster.folder / name
        self.data_dir = self.folder / "data"
        self.data_dir.mkdir(parents=True)
        self._settings = {"DATA_DIR": str(self.data_dir)} | settings
        self._servers = 0

    def server(self, role: str = "all", **settings: str) -> Server:
        """Return one more process of this site; it is not started yet."""
        self._servers += 1
        name = f"{self.name}-{role}-{self._servers}"
        command = ["serve"] if role == "all" else ["serve", "--role", role]
        server = Server(
            name, self.folder, quiet_port(), command, **self._settings | settings
        )
        self._cluster.programs.append(server)
        return server

    def rows(self) -> Rows:
        """Return what is stored, read past the servers."""
        return open_rows(
            self._settings["DATABASE_URL"] or str(self.data_dir / "db.sqlite3")
        )


class Cluster:
    """Everything that one campaign runs; it ends when the campaign does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: list[Program] = []
        self._upstream_url = ""

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in reversed(self.programs):
            if program.is_running:
                program.kill()

    async def start_simulator(self, pace: float = 1.0) -> Server:
        """Start the upstream that every site made from now on talks to."""
        port = quiet_port()
        simulator = Server(
            "simulator",
            self.folder,
            port,
            ["simulate_claude", "--port", str(port), "--pace", str(pace)],
            DATA_DIR=str(self.folder / "simulator"),
        )
        self.programs.append(simulator)
        simulator.start()
        await simulator.answers("/v1/models", status=401)
        self._upstream_url = simulator.url
        return simulator

    async def start_postgres(self) -> Postgres:
        """Start a PostgreSQL; raises Missing."""
        postgres = Postgres(self.folder / "stores" / "postgres")
        self.programs.insert(0, postgres.program)
        await postgres.start()
        return postgres

    async def start_redis(self) -> Redis:
        """Start a Redis; raises Missing."""
        redis = Redis(self.folder / "stores" / "redis")
        self.programs.insert(0, redis.program)
        await redis.start()
        return redis

    def site(self, name: str, database_url: str = "", **settings: str) -> Site:
        """Return a Colloquy with a data folder of its own; "" is SQLite in it."""
        common = {
            "ANTHROPIC_BASE_URL": self._upstream_url,
            "ANTHROPIC_API_KEY": "sk-ant-campaign",
            "ADMIN_USERNAME": NAME,
            "ADMIN_PASSWORD": PASSWORD,
            # Several processes of one site sign the same sessions.
            "SECRET_KEY": secrets.token_urlsafe(50),
            "STATIC_ROOT": str(static_files()),
        }
        return Site(self, name, DATABASE_URL=database_url, **common | settings)


@functools.cache
def static_files() -> Path:
    """Return collected static files: one folder for every server of this process."""
    folder = tempfile.TemporaryDirectory(prefix="colloquy-static-")
    atexit.register(folder.cleanup)
    settings = {"DATA_DIR": folder.name, "STATIC_ROOT": f"{folder.name}/static"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
        cwd=ROOT,
        env=shell_environment() | settings,
        check=True,
    )
    return Path(folder.name) / "static"


def shell_environment() -> dict[str, str]:
    """Return an environment without any setting of the shell that runs the campaign."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
