"""The real server in a process of its own, for tests that need sockets or signals."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.postgres import free_port

ROOT = Path(__file__).parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class RunningServer:
    url: str
    port: int
    data_dir: Path
    process: subprocess.Popen[str]
    log: Path

    @property
    def output(self) -> str:
        """Everything it has printed and logged so far."""
        return self.log.read_text()


@contextmanager
def running_server(
    data_dir: Path, port: int | None = None, **settings: str
) -> Iterator[RunningServer]:
    """Run `manage.py serve` on `data_dir` with `settings` as its environment.

    A `port` is given where a second server takes the place of a first.
    """
    port = port or free_port()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    log = data_dir.with_name(f"{data_dir.name}.log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=server_environment(data_dir, port) | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    server = RunningServer(f"http://127.0.0.1:{port}", port, data_dir, process, log)
    try:
        wait_until_alive(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def server_environment(data_dir: Path, port: int) -> dict[str, str]:
    """Return an environment without any setting of the shell that runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "SIMULATOR_PACE": "instant",
        # Nobody waits for an answer that a test has left behind.
        "DRAIN_SECONDS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def wait_until_alive(server: RunningServer) -> None:
    """Return when /healthz answers; fail with what the server said if it ends."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if httpx.get(f"{server.url}/healthz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"The server did not start:\n{server.output}")
