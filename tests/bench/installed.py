"""How large an installation is: `python -m tests.bench.installed` prints JSON.

Counted from what is installed here: the files of each package that `pyproject.toml`
asks for, and of those that they need. Compiled modules and tests of ours do not count.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import Requirement

from tests.serving import ROOT

FLOOR = ["channels", "daphne", "httpx", "httpx-sse"]


def closure(wanted: Iterable[str]) -> dict[str, metadata.Distribution]:
    """Return the packages that are wanted and those that they need in turn."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [Requirement(each) for each in wanted]
    while waiting:
        requirement = waiting.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        extras = requirement.extras or {""}
        package = found.setdefault(name, metadata.distribution(requirement.name))
        for text in package.requires or []:
            needed = Requirement(text)
            marker = needed.marker
            is_known = re.sub(r"[-_.]+", "-", needed.name).lower() in found
            if is_known and not needed.extras:
                continue
            if marker is None or any(marker.evaluate({"extra": e}) for e in extras):
                waiting.append(needed)
    return found


def size_bytes(packages: Iterable[metadata.Distribution]) -> int:
    """Return the size of all files of some packages, without compiled modules."""
    paths = {
        file.locate()
        for package in packages
        for file in package.files or []
        if "__pycache__" not in file.parts
    }
    return sum(path.stat().st_size for path in paths if path.is_file())  # type: ignore[attr-defined]


def main() -> None:
    """Print megabytes and counts of Colloquy's packages and of the floor's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sizes = {}
    for name, wanted in (("colloquy", project["dependencies"]), ("floor", FLOOR)):
        packages = closure(wanted)
        sizes[name] = {
            "megabytes": size_bytes(packages.values()) / 1e6,
            "packages": len(packages),
        }
    json.dump(sizes, sys.stdout)


if __name__ == "__main__":
    main()
