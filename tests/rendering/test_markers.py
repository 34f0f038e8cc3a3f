"""Citation markers: where they are put, and that nobody else can write them."""

import json

import pytest

from conversations.rendering.markers import join_run, shadow
from tests.golden import FOLDER

RUNS = json.loads((FOLDER / "runs.json").read_text())


@pytest.mark.parametrize("run", RUNS, ids=[run["name"] for run in RUNS])
def test_markers_are_placed(run: dict[str, object]) -> None:
    parts = [(part["text"], part["sources"]) for part in run["parts"]]  # type: ignore[attr-defined]

    assert join_run(parts) == run["joined"]


def test_the_shadow_keeps_positions() -> None:
    assert shadow("a\ue00012\ue001b\ue000c") == "a    b c"
