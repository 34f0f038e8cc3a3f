"""A disk that is small enough to be filled."""

import errno
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.chaos.cluster_stores import Missing

BALLAST = "ballast"
CHUNK = b"\0" * 4096


class SmallDisk:
    """Memory mounted as a disk on `folder`; needs the right to mount."""

    def __init__(self, folder: Path, size_bytes: int) -> None:
        self._folder, self._size_bytes = folder, size_bytes

    def __enter__(self) -> Self:
        options = f"size={self._size_bytes},mode=0700"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self._folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Missing(
                "a disk can only be mounted with the right to do so"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Lazily: on the way out of a failure a process may still hold it.
        subprocess.run(["umount", "--lazy", str(self._folder)], check=True)

    async def fill(self) -> None:
        """Take all the room that is left."""
        with (self._folder / BALLAST).open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(CHUNK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    async def empty(self) -> None:
        """Give the room back."""
        (self._folder / BALLAST).unlink()
