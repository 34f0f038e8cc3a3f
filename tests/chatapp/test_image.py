"""The Dockerfile's steps, performed in a clean folder, and the result as another user.

No container engine is at hand where the tests run. What this cannot see: the base image,
the copy of uv from its image, and the run stage's own `useradd`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.postgres import free_port
from tests.serving import ROOT

START_SECONDS = 60
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


def _works(uv: str | Path) -> bool:
    return not subprocess.run(
        [uv, "--version"], check=False, capture_output=True
    ).returncode


@dataclass
class Stage:
    """One stage of the Dockerfile, as far as it can be performed here."""

    copies: list[tuple[list[str], str]] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    health_check: list[str] = field(default_factory=list)
    user: str = "root"


def read_stages() -> list[Stage]:
    stages: list[Stage] = []
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        word, _, rest = line.partition(" ")
        match word:
            case "FROM":
                stages.append(Stage())
            case "COPY" if not rest.startswith("--from"):
                *sources, target = rest.split()
                stages[-1].copies.append((sources, target))
            case "RUN":
                stages[-1].runs.append(rest)
            case "ENV":
                pairs = [pair.split("=", 1) for pair in shlex.split(rest)]
                stages[-1].environment.update(dict(pairs))
            case "CMD":
                stages[-1].command = json.loads(rest)
            case "HEALTHCHECK":
                stages[-1].health_check = json.loads(rest.partition("CMD ")[2])
            case "USER":
                stages[-1].user = rest
    return stages


def find_uv() -> str:
    for candidate in (shutil.which("uv"), ROOT / ".tooling/bin/uv"):
        # Executed, not only found: the shim of a version manager may lead nowhere.
        if candidate and Path(candidate).exists() and _works(candidate):
            return str(candidate)
    if os.environ.get("CI"):
        pytest.fail("uv is neither on the PATH nor in .tooling")
    pytest.skip("uv is neither on the PATH nor in .tooling")


@dataclass
class Image:
    app: Path
    data: Path
    stage: Stage
    loader: dict[str, str]

    def environment(self, port: int) -> dict[str, str]:
        return (
            self.stage.environment
            | self.loader
            | {
                "DATA_DIR": str(self.data),
                "STATIC_ROOT": str(self.app / "collected"),
                "HOST": "127.0.0.1",
                "PORT": str(port),
            }
        )


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Build into a folder that another user can reach, and may not write to."""
    uv = find_uv()
    build, run = read_stages()
    with tempfile.TemporaryDirectory(prefix="colloquy-image-") as folder:
        Path(folder).chmod(0o755)
        app, data = Path(folder, "app"), Path(folder, "data")
        app.mkdir()
        data.mkdir(mode=0o700)
        for sources, target in build.copies:
            for source in sources:
                copy(source, app, target)
        python, loader = reachable_python(Path(folder))
        environment = (
            build.environment
            | loader
            | {
                "PATH": f"{Path(uv).parent}:/usr/bin:/bin",
                "HOME": os.environ.get("HOME", folder),
                "UV_PYTHON": python,
            }
        )
        for command in build.runs:
            perform(localised(command, app, folder), app, environment)
        if os.geteuid() == 0:
            shutil.chown(data, "nobody")
        yield Image(app, data, run, loader)


def copy(source: str, app: Path, target: str) -> None:
    if (ROOT / source).is_dir():
        shutil.copytree(
            ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__")
        )
    else:
        shutil.copy(ROOT / source, app / target)


def localised(command: str, app: Path, folder: str) -> str:
    """Return `command` with the image's two absolute paths led into our folder."""
    places = {"/app": str(app), "/tmp": folder}  # noqa: S108
    return re.sub(r"/(?:app|tmp)\b", lambda match: places[match[0]], command)


def perform(command: str, app: Path, environment: dict[str, str]) -> None:
    step = subprocess.run(
        ["/bin/sh", "-euc", command],
        cwd=app,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert step.returncode == 0, f"{command}\n{step.stdout}{step.stderr}"


def reachable_python(folder: Path) -> tuple[str, dict[str, str]]:
    """Return an interpreter that another user may run, and what its loader must know.

    It is a copy if ours lies in a home that nobody else may enter.
    """
    base = Path(sys.base_prefix)
    homes = [parent for parent in base.parents if not parent.stat().st_mode & 0o001]
    if not homes:
        return str(base / "bin" / PYTHON), {}
    shutil.copytree(
        base,
        folder / "python",
        symlinks=True,
        ignore=shutil.ignore_patterns("test", "site-packages", "__pycache__", "*.a"),
    )
    # The path of a shared libpython is built in; the copy has to be told the new one.
    loader = {"LD_LIBRARY_PATH": str(folder / "python/lib")}
    return str(folder / "python/bin" / PYTHON), loader


def as_another_user() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "extra_groups": []}


def test_the_run_stage_leaves_root_behind_and_keeps_its_data_apart() -> None:
    _, run = read_stages()

    assert run.user == "colloquy"
    assert {name: run.environment[name] for name in ("HOST", "DATA_DIR")} == {
        "HOST": "0.0.0.0",  # noqa: S104
        "DATA_DIR": "/data",
    }


def test_what_the_dockerfile_copies_is_in_the_build_context() -> None:
    build, _ = read_stages()
    sent = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }

    assert {source for sources, _ in build.copies for source in sources} == sent


def test_the_built_image_serves_as_another_user_and_proves_its_health(
    image: Image,
) -> None:
    port = free_port()
    environment = image.environment(port)
    with subprocess.Popen(
        image.stage.command,
        cwd=image.app,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **as_another_user(),  # type: ignore[call-overload]
    ) as server:
        try:
            page = first_page(f"http://127.0.0.1:{port}/accounts/login/", server)
            health = subprocess.run(
                image.stage.health_check,
                cwd=image.app,
                env=environment,
                check=False,
                **as_another_user(),  # type: ignore[call-overload]
            )
        finally:
            server.terminate()
            output = server.stdout.read()
        assert server.wait() == 0, output

    assert page.status_code == 200
    style = re.search(r'href="(/static/css/tokens\.[0-9a-f]{12}\.css)"', page.text)
    assert style is not None
    assert health.returncode == 0
    assert "Colloquy answers at" in output


def first_page(url: str, server: subprocess.Popen[str]) -> httpx.Response:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
    server.kill()
    assert server.stdout is not None
    raise AssertionError(f"The image did not start:\n{server.stdout.read()}")
