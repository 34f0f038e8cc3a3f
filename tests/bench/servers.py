"""The servers under test, each a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from tests.postgres import free_port
from tests.serving import ROOT, server_environment

from .tab import Target

START_SECONDS = 60
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Server:
    """A process that answers on a port."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    start_seconds: float
    cookie: str = ""
    data_dir: Path = Path()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def target(self) -> Target:
        return Target(self.name, self.port, [self.pid], self.cookie)


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    port: int,
    folder: Path,
    environment: dict[str, str] | None = None,
    path: str = "/healthz",
) -> Iterator[Server]:
    """Run a program of this repository until the block ends; wait for its first 200."""
    log = folder / f"{name}-{port}.log"
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment or plain_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(f"http://127.0.0.1:{port}{path}", process, log)
        yield Server(name, port, process, log, time.monotonic() - began)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False, timeout=START_SECONDS) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text()}")


def plain_environment() -> dict[str, str]:
    """Return an environment without settings; compiled modules are kept."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)}


@contextmanager
def upstream(folder: Path) -> Iterator[Server]:
    """Run the synthetic Claude."""
    port = free_port()
    command = ["-m", "tests.bench.upstream", str(port)]
    with running("upstream", command, port, folder, path="/v1/models") as server:
        yield server


@contextmanager
def raw(claude: Server, folder: Path) -> Iterator[Server]:
    """Run the bare relay."""
    port = free_port()
    command = ["-m", "tests.bench.raw", str(port), claude.url]
    with running("raw", command, port, folder) as server:
        yield server


@contextmanager
def floor(claude: Server, folder: Path) -> Iterator[Server]:
    """Run Channels and httpx under stock Daphne."""
    port = free_port()
    command = ["-m", "daphne", "-v0", "-p", str(port), "tests.bench.floor:application"]
    environment = plain_environment() | {"UPSTREAM": claude.url}
    with running("floor", command, port, folder, environment) as server:
        yield server


@contextmanager
def colloquy(
    claude: Server, folder: Path, *, role: str = "", **settings: str
) -> Iterator[Server]:
    """Run the real thing; its person is logged in through the database."""
    port = free_port()
    data_dir = folder / settings.pop("data", "data")
    environment = colloquy_environment(data_dir, port) | {
        "ANTHROPIC_BASE_URL": claude.url,
        "ANTHROPIC_API_KEY": "sk-ant-bench",
        **settings,
    }
    command = ["manage.py", "serve", *(["--role", role] if role else [])]
    with running("colloquy", command, port, folder, environment) as server:
        cookie = seed("session", environment)
        yield replace(server, cookie=cookie, data_dir=data_dir)


def colloquy_environment(data_dir: Path, port: int) -> dict[str, str]:
    """Return the environment of a Colloquy server, or of a command on its data."""
    return server_environment(data_dir, port) | {
        # An empty value means: keep compiled modules, as an installation does.
        "PYTHONDONTWRITEBYTECODE": "",
        "ADMIN_USERNAME": "bench",
        "ADMIN_PASSWORD": "a password for benchmarks only",
        "LOG_LEVEL": "WARNING",
    }


def seed(what: str, environment: dict[str, str]) -> str:
    """Run tests.bench.seed on a server's data and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.seed", what],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
