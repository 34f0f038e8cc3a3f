"""`python -m tests.chaos`: run the campaigns, print one table, write the report."""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import get_args

from tests.chaos import report
from tests.chaos.campaign import Result, Scale
from tests.chaos.campaigns import CAMPAIGNS


def main() -> int:
    """Return 0 when every campaign that was asked for met its demand."""
    options = _options()
    seed = options.seed if options.seed is not None else random.randrange(10_000)
    names = options.only or list(CAMPAIGNS)
    results, load = [], os.getloadavg()[0]
    for name in names:
        _say(f"{name} (seed {seed}) …")
        results.append(run(name, options.scale, seed))
        _say(report.summary(results[-1]))
        if options.scale == "full" and not options.only:
            # After each: what was measured stays, also if the next one is broken off.
            report.write(names[: len(results)], results, load)
    _say(report.table(results))
    return 0 if all(result.passed for result in results) else 1


def run(name: str, scale: Scale, seed: int) -> Result:
    """Run one campaign in a folder of its own; an error of its own is a failure."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"colloquy-{name}-") as folder:
        # PostgreSQL runs as another user, who has to reach its files.
        Path(folder).chmod(0o755)
        try:
            return asyncio.run(_run(name, scale, seed, Path(folder)))
        except Exception as error:  # noqa: BLE001  the other campaigns go on
            return Result(
                name=name,
                demand="it can be measured",
                measured="nothing: it did not come to its end",
                runs=0,
                passed=False,
                seed=seed,
                seconds=time.monotonic() - begun,
                details=[f"{type(error).__name__}: {error}"],
            )


async def _run(name: str, scale: Scale, seed: int, folder: Path) -> Result:
    return await CAMPAIGNS[name].run(scale, seed, folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--scale", choices=get_args(Scale.__value__), default="full")
    parser.add_argument("--only", action="append", choices=CAMPAIGNS, metavar="NAME")
    parser.add_argument("--seed", type=int, help="drawn and printed when left out")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
