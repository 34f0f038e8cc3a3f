"""The campaign of fault scripts in its short form, against a real server."""

from pathlib import Path

from tests.chaos import faults

SEED = 20261122


async def test_scripts_end_as_they_should_on_a_real_server(tmp_path: Path) -> None:
    result = await faults.run("short", SEED, tmp_path)

    assert (result.passed, result.details[1:]) == (True, [])
    assert result.runs == faults.SAMPLE
