"""What the short forms of the campaigns need in the test suite."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.cluster_stores import Missing, Postgres, Redis


@pytest.fixture(scope="session")
def stores() -> None:
    """Skip without PostgreSQL and Redis; fail in CI."""
    try:
        Postgres.require()
        Redis.require()
    except Missing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture
def reachable_path() -> Iterator[Path]:
    """A folder outside pytest's own: PostgreSQL is another user and must reach it."""
    with tempfile.TemporaryDirectory(prefix="colloquy-chaos-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def check(campaign: Campaign, seed: int, folder: Path) -> None:
    """Run the short form of a campaign; fail with what it found."""
    result = await campaign("short", seed, folder)

    assert result.passed, "\n".join([result.demand, result.measured, *result.details])
