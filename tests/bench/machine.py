"""On what it was measured."""

import os
import platform
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

QUIET_LOAD = 1.0
PACKAGES = ("Django", "channels", "daphne", "httpx", "aiohttp")


def load_average() -> float:
    """Return the mean number of running processes of the last minute."""
    return os.getloadavg()[0]


def describe(load_at_start: float) -> list[str]:
    """Return lines about the machine and the versions."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return [
        f"{os.cpu_count()} cores, {_cpu_model()}, {_memory_gib():.0f} GiB, "
        f"{platform.system()} {platform.release().partition('-')[0]}",
        f"load average at the start {load_at_start:.2f}",
        f"Python {platform.python_version()}, {versions}",
        *_programs(),
    ]


def _cpu_model() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3


def _programs() -> list[str]:
    found = []
    for name in ("chromium", "redis-server"):
        if path := shutil.which(name):
            said = subprocess.run(
                [path, "--version"], capture_output=True, text=True, check=False
            )
            version = re.search(r"\d+(\.\d+)+", said.stdout)
            found.append(f"{name} {version[0] if version else '?'}")
    return [", ".join(found)] if found else []
