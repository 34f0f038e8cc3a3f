"""What it takes to build and to send the request of a large conversation."""

import json
import subprocess
import sys
from typing import Any

from tests.bench import servers
from tests.bench.bench import Bench
from tests.bench.figures import Figure
from tests.bench.rows import Row
from tests.serving import ROOT

# Far below the smallest of the files: none is ever whole in memory.
MAX_MEMORY_MB = 8


def measure(bench: Bench) -> list[Row]:
    """Return the row on large requests."""
    messages, megabytes = bench.size(1000, 20), bench.size(50, 4)
    runs = [_alone(messages, megabytes) for _ in bench.runs()]
    return [
        Row(
            "request of 1,000 messages and 50 MB of files: built, ms / memory, MB",
            "≤ 50, no second copy of a file",
            {
                "one": [
                    Figure.of(run["build_ms"] + run["body_ms"] for run in runs),
                    Figure.of(run["peak_mb"] for run in runs),
                ]
            },
            limits={"one": (50, MAX_MEMORY_MB)},
        )
    ]


def _alone(messages: int, megabytes: int) -> dict[str, Any]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.bench.request_alone",
            f"{messages}",
            f"{megabytes}",
        ],
        cwd=ROOT,
        env=servers.plain_environment(),
        capture_output=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
