"""A person's /memories as a small file system: paths confined, sizes limited."""

from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Length

from conversations.models import MemoryFile
from conversations.models.wire import storable

from .base import ToolError

ROOT = "/memories"
MAX_FILES = 200  # ours: more than anybody looks through
MAX_FILE_CHARACTERS = 100_000  # ours: some 25,000 tokens, half of a small window
MAX_ALL_CHARACTERS = 1_000_000  # ours: per person
MAX_PATH_CHARACTERS = 200  # below the column's 255
MAX_DEPTH = 8  # ours: directories within each other


class MemoryFiles:
    """The files of one person. Every method raises ToolError with what is wrong."""

    def __init__(self, owner_id: Any) -> None:
        self._owner_id = owner_id

    def below(self, path: str) -> list[MemoryFile]:
        """Return the files of a directory and of those in it, by path.

        Compared here: SQLite takes capital letters for small ones.
        """
        rows = self._rows().order_by("path")
        return [row for row in rows if row.path.startswith(f"{path}/")]

    def find(self, path: str) -> MemoryFile | None:
        return self._rows().filter(path=path).first()

    def get(self, path: str) -> MemoryFile:
        """Return the file at a path, or say that there is none."""
        if (found := self.find(path)) is None:
            raise ToolError(
                f"Error: The path {path} does not exist. Please provide a valid path."
            )
        return found

    def create(self, path: str, content: str) -> None:
        self._require_free(path)
        self._require_room(path, content)
        MemoryFile.objects.create(
            owner_id=self._owner_id, path=path, content=storable(content)
        )

    def write(self, file: MemoryFile, content: str) -> None:
        self._require_room(file.path, content, file)
        file.content = storable(content)
        file.save(update_fields=["content", "updated_at"])

    def delete(self, path: str) -> None:
        """Delete a file, or a directory with all that is in it."""
        if path == ROOT:
            raise ToolError(f"Error: {ROOT} itself cannot be deleted.")
        self._rows().filter(pk__in=[row.pk for row in self._at(path)]).delete()

    def rename(self, old: str, new: str) -> None:
        """Move a file, or a directory with all that is in it."""
        found = self._at(old)
        if old == ROOT or f"{new}/".startswith(f"{old}/"):
            raise ToolError(f"Error: {old} cannot be moved to {new}.")
        self._require_free(new)
        for row in found:
            row.path = confined(new + row.path[len(old) :])
        MemoryFile.objects.bulk_update(found, ["path"])

    def _at(self, path: str) -> list[MemoryFile]:
        file = self.find(path)
        found = ([file] if file else []) + self.below(path)
        if not found:
            raise ToolError(f"Error: The path {path} does not exist")
        return found

    def _rows(self) -> "QuerySet[MemoryFile]":
        return MemoryFile.objects.filter(owner_id=self._owner_id)

    def _require_free(self, path: str) -> None:
        if path == ROOT or self.find(path) or self.below(path):
            raise ToolError(f"Error: {path} already exists")
        parts = path.split("/")
        parents = ["/".join(parts[:end]) for end in range(3, len(parts))]
        if file := self._rows().filter(path__in=parents).first():
            raise ToolError(f"Error: {file.path} is a file, not a directory")

    def _require_room(
        self, path: str, content: str, file: MemoryFile | None = None
    ) -> None:
        if len(content) > MAX_FILE_CHARACTERS:
            raise ToolError(
                f"Error: {path} would have {len(content):,} characters; at most"
                f" {MAX_FILE_CHARACTERS:,} are allowed. Split or shorten it."
            )
        others = self._rows().exclude(pk=file.pk) if file else self._rows()
        if file is None and others.count() >= MAX_FILES:
            raise ToolError(
                f"Error: There are {MAX_FILES} files already. Delete some first."
            )
        used = others.aggregate(sum=Sum(Length("content")))["sum"] or 0
        if used + len(content) > MAX_ALL_CHARACTERS:
            raise ToolError("Error: The memory is full. Delete or shorten files first.")


def confined(path: str) -> str:
    """Return a path below /memories in its one spelling. Raises ToolError."""
    parts = [part for part in path.strip().split("/") if part]
    is_inside = path.strip().startswith("/") and parts[:1] == ["memories"]
    is_plain = all(
        part.isprintable() and not part.startswith(".") and "\\" not in part
        for part in parts
    )
    if not (is_inside and is_plain):
        raise ToolError(
            f"Error: The path {path[:200]!r} is not allowed. Paths begin with {ROOT}"
            " and have no part that begins with a dot."
        )
    joined = "/" + "/".join(parts)
    if len(joined) > MAX_PATH_CHARACTERS or len(parts) > MAX_DEPTH:
        raise ToolError(
            f"Error: A path has at most {MAX_PATH_CHARACTERS} characters and"
            f" {MAX_DEPTH} parts."
        )
    return joined
