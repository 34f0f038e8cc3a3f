"""PostgreSQL and Redis for two processes, when they are installed."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests import postgres
from tests.serving import ROOT, server_environment

from .servers import START_SECONDS


@dataclass(frozen=True)
class Cluster:
    """Where the shared services answer."""

    database_url: str
    redis_url: str


def lack() -> str:
    """Return what is missing for two processes, "" when nothing is."""
    if postgres.find_programs() is None or find_spec("psycopg") is None:
        return "PostgreSQL or its driver is not installed"
    if shutil.which("redis-server") is None or find_spec("redis") is None:
        return "Redis or its driver is not installed"
    if "--role" not in _help_of_serve():
        return "this version serves with one process only"
    return ""


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Run both until the block ends."""
    programs = postgres.find_programs()
    assert programs is not None
    # Not in `folder`: PostgreSQL runs as another user, who must reach its files.
    with (
        tempfile.TemporaryDirectory(prefix="colloquy-bench-") as data,
        postgres.running_server(programs, Path(data)) as port,
        _redis(folder) as redis_port,
    ):
        _create_database(port)
        yield Cluster(
            f"postgres://colloquy@127.0.0.1:{port}/colloquy",
            f"redis://127.0.0.1:{redis_port}/0",
        )


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    port = postgres.free_port()
    options = (
        f"--port {port} --bind 127.0.0.1 --save --appendonly no --loglevel warning"
    )
    words = [word or "" for word in options.split(" ")]
    words.insert(words.index("--save") + 1, "")
    with (folder / "redis.log").open("wb") as log:
        server = subprocess.Popen(
            ["redis-server", *words], cwd=folder, stdout=log, stderr=log
        )
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        asked = subprocess.run(
            ["redis-cli", "-p", str(port), "ping"], capture_output=True, check=False
        )
        if asked.stdout.strip() == b"PONG":
            return
        time.sleep(0.05)
    raise RuntimeError("Redis did not start")


def _create_database(port: int) -> None:
    import psycopg  # noqa: PLC0415  an extra

    with psycopg.connect(
        host="127.0.0.1",
        port=port,
        user="colloquy",
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute("CREATE DATABASE colloquy")


def _help_of_serve() -> str:
    with tempfile.TemporaryDirectory() as folder:
        asked = subprocess.run(
            [sys.executable, "manage.py", "serve", "--help"],
            cwd=ROOT,
            env=server_environment(Path(folder) / "data", 8000),
            capture_output=True,
            check=False,
            text=True,
        )
    return asked.stdout
