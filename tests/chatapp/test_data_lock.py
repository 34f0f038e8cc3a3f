"""One process per data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.data_lock import DataFolderInUse, exclusive
from tests.serving import ROOT

HOLD = """
import sys, pathlib
from chatapp.data_lock import exclusive
with exclusive(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_in_use_is_refused_until_its_holder_ends(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"

        with (
            pytest.raises(DataFolderInUse, match="Another Colloquy already runs on"),
            exclusive(tmp_path),
        ):
            pass
        # Not asked to end: the kernel must let go of it anyway.
        holder.kill()
        holder.wait()

    with exclusive(tmp_path):
        assert (tmp_path / "lock").exists()
