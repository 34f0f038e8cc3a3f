"""How static files are collected: hashed names, and compressed copies made once."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class CompressedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is partly untyped
    """Hashed names, and a compressed copy beside each file that gains by it."""

    def get_modified_time(self, name: str) -> datetime:
        """Call every copy old, so that collectstatic replaces it.

        It compares times only, and a file put back from elsewhere may be older than
        the copy of what it replaces.
        """
        return datetime.fromtimestamp(0, UTC)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress only what is asked for: pages name no file without its hash."""
        hashed = set(self.hashed_files.values())
        yield from super().compress_files([path for path in paths if path in hashed])

    def create_compressor(self, **options: Any) -> Compressor:
        """Return a compressor that leaves alone what an earlier run compressed."""
        return CompressOnce(**options)


class CompressOnce(Compressor):  # type: ignore[misc]  # whitenoise is partly untyped
    def compress(self, path: str) -> list[str]:
        """Compress the file at `path`; the hash in its name says whether that is done."""
        done = [
            path + suffix for suffix in (".br", ".gz") if Path(path + suffix).exists()
        ]
        if done:
            return done
        names: list[str] = super().compress(path)
        return names
