"""One run of the benchmarks: how large, where, and what came of it so far."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.serving import ROOT

from . import servers
from .driver import drive
from .figures import Figure
from .plots import Plot
from .servers import Server


@dataclass
class Bench:
    """What all measures share."""

    folder: Path
    claude: Server
    is_quick: bool = False
    plots: list[Plot] = field(default_factory=list)
    _count: int = 0

    def size(self, full: Any, quick: Any) -> Any:
        """Return the size of an experiment: for publishing, or to see that it works."""
        return quick if self.is_quick else full

    def runs(self, full: int = 3) -> range:
        """Return how often something is measured."""
        return range(1 if self.is_quick else full)

    def drive(self, load: str, server: Server, **facts: Any) -> Any:
        """Run a load of the driver against a server."""
        return drive(load, server.target, **facts)

    def new_name(self) -> str:
        """Return a name for a data folder that nobody has used."""
        self._count += 1
        return f"data-{self._count}"

    @cached_property
    def static_root(self) -> Path:
        """Collect the static files once: compressing them takes a while."""
        files = self.folder / "static"
        environment = servers.colloquy_environment(self.folder / "collecting", 8000)
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"],
            cwd=ROOT,
            env=environment | {"STATIC_ROOT": str(files)},
            check=True,
        )
        return files

    @cached_property
    def installed(self) -> Any:
        """Return sizes and numbers of packages, read in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.installed"],
            cwd=ROOT,
            env=servers.plain_environment(),
            check=True,
            capture_output=True,
        )
        return json.loads(done.stdout)


def figures(runs: list[Any], *names: str) -> list[Figure]:
    """Sum up the named numbers of several runs."""
    return [Figure.of(run[name] for run in runs) for name in names]
