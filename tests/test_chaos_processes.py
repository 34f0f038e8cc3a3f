"""The campaigns that kill, freeze, stop and starve processes, each in its short form.

`make chaos` runs them in full and writes docs/reliability.md.
"""

from pathlib import Path

from tests.chaos import freeze, kill, outage, rolling, stop
from tests.chaos.short import check

SEED = 20260114


async def test_killed_server_loses_no_message_and_hardly_any_text(
    tmp_path: Path,
) -> None:
    await check(kill.run, SEED, tmp_path)


async def test_stopped_server_ends_in_time_and_loses_no_text(tmp_path: Path) -> None:
    await check(stop.run, SEED, tmp_path)


async def test_frozen_owner_changes_nothing_when_it_wakes_up(
    stores: None, reachable_path: Path
) -> None:
    await check(freeze.run, SEED, reachable_path)


async def test_rolling_restart_loses_nothing(
    stores: None, reachable_path: Path
) -> None:
    await check(rolling.run, SEED, reachable_path)


async def test_redis_and_postgresql_may_be_away(
    stores: None, reachable_path: Path
) -> None:
    await check(outage.run, SEED, reachable_path)
