"""A private PostgreSQL server for the run, when its programs are installed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

START_SECONDS = 60
# Durability off: the folder is thrown away.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the URL of a server of our own; skip without one, fail in CI."""
    programs = find_programs()
    if programs is None:
        message = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # Not pytest's own folder: another user must be able to reach it.
    with (
        tempfile.TemporaryDirectory(prefix="colloquy-postgres-") as folder,
        running_server(programs, Path(folder)) as port,
    ):
        yield f"postgres://colloquy@127.0.0.1:{port}/colloquy"


def find_programs() -> Path | None:
    """Return the folder of initdb and postgres; Debian keeps it off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def running_server(programs: Path, folder: Path) -> Iterator[int]:
    """Run a server in `folder` and give its port."""
    identity = unprivileged()
    if user := identity.get("user"):
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    options = "--username=colloquy --auth=trust --encoding=UTF8 --locale=C --no-sync"
    subprocess.run(
        [programs / "initdb", "--pgdata", data, *options.split()],
        check=True,
        capture_output=True,
        cwd=folder,
        **identity,
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(programs / "postgres", "-D", data, "-p", str(port), "-k", ""),
                *("-c", "listen_addresses=127.0.0.1"),
                *(word for setting in SETTINGS for word in ("-c", setting)),
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            **identity,
        )
    try:
        wait_until_ready(server, port, folder / "log")
        yield port
    finally:
        server.send_signal(signal.SIGINT)  # its fast shutdown
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def unprivileged() -> dict[str, Any]:
    """Return what makes subprocess leave root behind: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    group = pwd.getpwnam(user).pw_gid
    return {"user": user, "group": group, "extra_groups": []}


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when the server takes connections; fail with its log if it never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="colloquy", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")
