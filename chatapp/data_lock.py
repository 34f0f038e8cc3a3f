"""One process per data folder: SQLite and the running turns know no other."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_NAME = "lock"


class DataFolderInUse(Exception):
    """Another process holds the data folder."""


@contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock; raise DataFolderInUse at once if another process does.

    The kernel lets go when the holder ends, however it ends.
    """
    with (data_dir / FILE_NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataFolderInUse(
                f"Another Colloquy already runs on {data_dir}. Stop it first, or start "
                "this one with another DATA_DIR and PORT."
            ) from error
        yield
