"""A process of a campaign: started, killed, frozen and started again, by its id."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
# Below those that the kernel gives to outgoing connections: while a server is away,
# nobody else gets its port, and no client of it connects to itself.
PORTS = range(20_000, 30_000)


class Program:
    """A command that runs in a process of its own and logs to a file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        environment: Mapping[str, str],
        **identity: Any,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = [str(word) for word in command]
        self._environment = dict(environment)
        self._identity = identity
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._started.poll()

    @property
    def output(self) -> str:
        """Everything it has printed and logged, in all its lives."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self) -> None:
        """Run it; its log goes on where an earlier life ended."""
        assert not self.is_running, f"{self.name} runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl+C is for the campaign alone, which then ends its processes.
                start_new_session=True,
                **self._identity,
            )

    def kill(self) -> float:
        """End it as a power cut would; return when (time.monotonic)."""
        moment = time.monotonic()
        self._started.kill()
        self._started.wait()
        return moment

    def freeze(self) -> None:
        self._started.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._started.send_signal(signal.SIGCONT)

    def ask_to_stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._started.send_signal(number)

    async def ended(self, timeout_seconds: float) -> float | None:
        """Wait for its end; return how many seconds that took, None if it did not."""
        begun = time.monotonic()
        while self.is_running:
            if time.monotonic() - begun > timeout_seconds:
                return None
            await asyncio.sleep(0.02)
        return time.monotonic() - begun

    def resident_bytes(self) -> int:
        """Return the memory that it holds now."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, f"{self.name} was never started"
        return self._process


def quiet_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses, and nobody will by accident."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


async def status_of(port: int, path: str) -> int | None:
    """Return the HTTP status of a GET without any cookie; None if nobody answers."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                host = f"127.0.0.1:{port}"
                request = (
                    f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
                )
                writer.write(f"{request}\r\n".encode())
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    words = line.split()
    return int(words[1]) if len(words) > 1 else None
