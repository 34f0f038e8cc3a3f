"""The set-up believes no interpreter that it has not seen running."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving import ROOT

# What the script needs beside interpreters and uv.
TOOLS = ("sh", "cat", "cksum", "dirname", "rm", "mkdir", "chmod")

BROKEN_SHIM = "#!/bin/sh\necho 'pyenv: python3: command not found' >&2\nexit 127\n"
TOO_OLD = "#!/bin/sh\nexit 1\n"
# Says yes to every question, and makes an environment with a recording pip.
GOOD_PYTHON = """#!/bin/sh
echo "{name} $*" >>"$CALLS"
case "$2" in
venv) mkdir -p .tooling/bin; cp "$0" .tooling/bin/python ;;
pip) cp "$FAKE_UV" .tooling/bin/uv ;;
esac
"""
GOOD_UV = """#!/bin/sh
[ "$1" = --version ] && exit 0
echo "uv $*" >>"$CALLS"
mkdir -p .venv/bin
printf '#!/bin/sh\\n' >.venv/bin/python
chmod +x .venv/bin/python
"""


@dataclass
class Machine:
    root: Path

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    def install(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(script.replace("{name}", name))
        path.chmod(0o755)
        return path

    def bootstrap(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "sh", self.root / "clone/scripts/bootstrap", *options],
            env={
                "PATH": str(self.bin),
                "HOME": str(self.root),
                "CALLS": str(self.root / "calls"),
                "FAKE_UV": str(self.root / "fake-uv"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, program: str) -> list[str]:
        """Return what `program` was asked for, questions about itself left out."""
        lines = (self.root / "calls").read_text().splitlines()
        return [
            line for line in lines if line.startswith(program) and " -c " not in line
        ]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    (tmp_path / "clone/scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/bootstrap", tmp_path / "clone/scripts")
    (tmp_path / "clone/uv.lock").write_text("lock 1")
    (tmp_path / "clone/pyproject.toml").write_text("project")
    (tmp_path / "calls").touch()
    fake_uv = tmp_path / "fake-uv"
    fake_uv.write_text(GOOD_UV)
    fake_uv.chmod(0o755)
    machine.bin.mkdir()
    for tool in (*TOOLS, "cp"):
        path = shutil.which(tool)
        assert path is not None
        (machine.bin / tool).symlink_to(path)
    return machine


def test_a_broken_shim_and_an_old_python_are_passed_over(machine: Machine) -> None:
    machine.install("python3.13", BROKEN_SHIM)
    machine.install("python3.12", TOO_OLD)
    python = machine.install("python3", GOOD_PYTHON)
    machine.install("uv", GOOD_UV)

    run = machine.bootstrap()

    assert (run.returncode, run.stderr) == (
        0,
        "Installing the packages of uv.lock into .venv\n",
    )
    assert machine.calls("uv") == [
        f"uv sync --frozen --inexact --quiet --extra mcp --extra office --no-dev --python {python}"
    ]


def test_pyenvs_own_interpreters_are_tried_when_its_shims_are_broken(
    machine: Machine,
) -> None:
    machine.install("python3", BROKEN_SHIM)
    machine.install("uv", GOOD_UV)
    version = machine.root / ".pyenv/versions/3.13.0/bin"
    version.mkdir(parents=True)
    machine.install("other", GOOD_PYTHON).rename(version / "python3")

    machine.bootstrap("--dev")

    assert machine.calls("uv") == [
        f"uv sync --frozen --inexact --quiet --extra mcp --extra office --python {version}/python3"
    ]


def test_without_uv_the_pinned_one_is_fetched(machine: Machine) -> None:
    machine.install("python3", GOOD_PYTHON)

    run = machine.bootstrap()

    assert run.stderr.splitlines()[0] == "Fetching uv 0.13.9 into .tooling"
    assert machine.calls("python3 -m") == [
        "python3 -m venv .tooling",
        "python3 -m pip install --quiet --disable-pip-version-check uv==0.13.9",
    ]
    assert len(machine.calls("uv")) == 1


def test_a_second_run_does_nothing_until_the_lock_changes(machine: Machine) -> None:
    machine.install("python3", GOOD_PYTHON)
    machine.install("uv", GOOD_UV)

    machine.bootstrap()
    again = machine.bootstrap()
    after_two = len(machine.calls("uv"))
    (machine.root / "clone/uv.lock").write_text("lock 2")
    machine.bootstrap()

    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert (after_two, len(machine.calls("uv"))) == (1, 2)


def test_what_tests_need_is_more_than_what_a_start_needs(machine: Machine) -> None:
    machine.install("python3", GOOD_PYTHON)
    machine.install("uv", GOOD_UV)

    machine.bootstrap("--dev")
    machine.bootstrap()
    machine.bootstrap("--dev")

    assert len(machine.calls("uv")) == 1


def test_an_environment_whose_interpreter_is_gone_is_made_again(
    machine: Machine,
) -> None:
    machine.install("python3", GOOD_PYTHON)
    machine.install("uv", GOOD_UV)
    machine.bootstrap()

    (machine.root / "clone/.venv/bin/python").write_text(BROKEN_SHIM)
    machine.bootstrap()

    assert len(machine.calls("uv")) == 2


def test_without_any_python_one_message_says_what_to_install(machine: Machine) -> None:
    # /usr/bin and the like are looked at too, so they must not have one for this test.
    script = machine.root / "clone/scripts/bootstrap"
    script.write_text(
        script.read_text().replace("/usr/", "/nonexistent/").replace("/opt/", "/no/")
    )
    machine.install("python3", BROKEN_SHIM)

    run = machine.bootstrap()

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("Colloquy needs Python 3.12 or newer, and none that")
    assert len(run.stderr.splitlines()) == 5
