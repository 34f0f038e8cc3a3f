"""Runs one load in a process of its own: JSON in, JSON out.

`echo '{"load": "turns", "target": {...}, ...}' | python -m tests.bench.driver`
"""

import asyncio
import gc
import json
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from typing import Any

from tests.serving import ROOT

from .servers import plain_environment
from .tab import Target

LOAD_SECONDS = 180


def drive(load: str, target: Target, **facts: Any) -> Any:
    """Run a load against a server in a process of its own; return what it measured."""
    wanted = {"load": load, "target": asdict(target), **facts}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.driver"],
        input=json.dumps(wanted),
        cwd=ROOT,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        timeout=LOAD_SECONDS,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def main() -> None:
    """Run the load that standard input names."""
    wanted = json.load(sys.stdin)
    load = import_module(f"tests.bench.loads.{wanted.pop('load')}")
    target = Target(**wanted.pop("target"))
    # A collection of the driver's own would be counted as the server's delay.
    gc.disable()
    json.dump(asyncio.run(load.run(target, **wanted)), sys.stdout)


if __name__ == "__main__":
    main()
