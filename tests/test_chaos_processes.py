"""The campaigns that kill, freeze, stop and starve processes, each in its short form.

`make chaos` runs them in full and writes docs/reliability.md.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import freeze, kill, outage, rolling, stop
from tests.chaos.campaign import Campaign
from tests.chaos.cluster_stores import Missing, Postgres, Redis

SEED = 20260114


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


async def check(campaign: Campaign, folder: Path) -> None:
    result = await campaign("short", SEED, folder)

    assert result.passed, "\n".join([result.demand, result.measured, *result.details])


async def test_killed_server_loses_no_message_and_hardly_any_text(
    tmp_path: Path,
) -> None:
    await check(kill.run, tmp_path)


async def test_stopped_server_ends_in_time_and_loses_no_text(tmp_path: Path) -> None:
    await check(stop.run, tmp_path)


async def test_frozen_owner_changes_nothing_when_it_wakes_up(
    stores: None, reachable_path: Path
) -> None:
    await check(freeze.run, reachable_path)


async def test_rolling_restart_loses_nothing(
    stores: None, reachable_path: Path
) -> None:
    await check(rolling.run, reachable_path)


async def test_redis_and_postgresql_may_be_away(
    stores: None, reachable_path: Path
) -> None:
    await check(outage.run, reachable_path)
