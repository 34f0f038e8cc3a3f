"""`/v1/files`: what was uploaded, kept in memory until it expires or is deleted."""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.made_files import find_made_file
from conversations.simulator.wire import Json, NewId

MAX_FILE_BYTES = 500 * 1024 * 1024
SHORTEST_LIFE_SECONDS = 3_600
LONGEST_LIFE_SECONDS = 7_776_000
LISTED_SECONDS = 30 * 24 * 3600  # so long metadata of an expired file stays
MAX_NAME_CHARACTERS = 255
MAX_IDS = 100
KEPT_BYTES = 256 * 1024 * 1024  # ours: the oldest go first, as if they were deleted
FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
BOUNDARY = re.compile(r'multipart/form-data;\s*boundary="?([^";]+)"?', re.IGNORECASE)
NAME = re.compile(r';\s*name="([^"]*)"', re.IGNORECASE)
FILE_NAME = re.compile(r';\s*filename="([^"]*)"', re.IGNORECASE)
MEDIA_TYPE = re.compile(r"content-type:\s*([^;\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Upload:
    """One uploaded file. `expires` is seconds since the epoch."""

    id: str
    filename: str
    mime_type: str
    content: bytes
    created: float
    expires: float | None

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "type": "file",
            "filename": self.filename,
            "mime_type": self.mime_type,
            "size_bytes": len(self.content),
            "created_at": _moment(self.created),
            "downloadable": False,
            "expires_at": None if self.expires is None else _moment(self.expires),
        }


class Files:
    """The files of one workspace, the newest first. Threads may share it."""

    def __init__(self, clock: Callable[[], float], new_id: NewId) -> None:
        self._clock = clock
        self._new_id = new_id
        self._kept: list[Upload] = []
        self._lock = threading.Lock()

    def create(self, content_type: str, raw_body: bytes) -> Json:
        """Take an upload. Raises RequestRejected."""
        parts = _parts(content_type, raw_body)
        for name in parts:
            if name not in ("file", "expires_in_seconds"):
                raise invalid(name, "Extra inputs are not permitted")
        if "file" not in parts:
            raise invalid("file", "Field required")
        head, content = parts["file"]
        if len(content) > MAX_FILE_BYTES:
            raise RequestRejected("File exceeds the maximum size of 500 MB", status=413)
        if not content:
            raise invalid("file", "File cannot be empty")
        now = self._clock()
        life = _life(parts)
        found = MEDIA_TYPE.search(head)
        upload = Upload(
            id=self._new_id("file"),
            filename=_filename(head),
            mime_type=found[1].lower() if found else "application/octet-stream",
            content=content,
            created=now,
            expires=None if life is None else now + life,
        )
        with self._lock:
            self._kept.insert(0, upload)
            while len(self._kept) > 1 and self._size() > KEPT_BYTES:
                self._kept.pop()
        return upload.as_json()

    def get(self, file_id: str) -> Json:
        """Return metadata, of a file that code has made too."""
        upload = self._find(file_id)
        return upload.as_json() if upload else find_made_file(file_id).as_json()

    def page(self, query: Sequence[tuple[str, str]]) -> Json:
        """Return one page of the list, or the files of some ids."""
        listed = [upload for upload in self._kept if not self._is_forgotten(upload)]
        if ids := [text for name, text in query if name in ("ids[]", "ids")]:
            if len(ids) > MAX_IDS or len(query) > len(ids):
                raise invalid("ids", f"At most {MAX_IDS} ids, and nothing beside them")
            found = [upload.as_json() for upload in listed if upload.id in ids]
            return {"data": found, "next_page": None}
        options = dict(query)
        limit = options.get("limit", "20")
        if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
            raise invalid("limit", "Input should be between 1 and 1000")
        start = options.get("page", "0")
        if not start.isdecimal():
            raise invalid("page", "Invalid page token")
        end = int(start) + int(limit)
        return {
            "data": [upload.as_json() for upload in listed[int(start) : end]],
            "next_page": str(end) if end < len(listed) else None,
        }

    def delete(self, file_id: str) -> Json:
        """Forget a file."""
        if (upload := self._find(file_id)) is None:
            raise _not_found(file_id)
        with self._lock:
            self._kept.remove(upload)
        return {"id": file_id, "type": "file_deleted"}

    def download(self, file_id: str) -> tuple[str, bytes]:
        """Return media type and bytes of a file that code has made."""
        if self._find(file_id) is not None:
            raise RequestRejected(
                f"File {file_id} is not downloadable",
                details={"error_code": "file_not_downloadable"},
            )
        made = find_made_file(file_id)
        return made.mime_type, made.content

    def read(self, file_id: str) -> Upload:
        """Return a file that a message names. Raises RequestRejected."""
        if (upload := self._find(file_id)) is None:
            raise _not_found(file_id)
        if upload.expires is not None and self._clock() >= upload.expires:
            raise RequestRejected(
                f"File has expired: {file_id}",
                status=404,
                details={"error_code": "file_expired"},
            )
        return upload

    def _find(self, file_id: str) -> Upload | None:
        found = (upload for upload in self._kept if upload.id == file_id)
        upload = next(found, None)
        return None if upload is None or self._is_forgotten(upload) else upload

    def _is_forgotten(self, upload: Upload) -> bool:
        return (
            upload.expires is not None
            and self._clock() >= upload.expires + LISTED_SECONDS
        )

    def _size(self) -> int:
        return sum(len(upload.content) for upload in self._kept)


def _parts(content_type: str, raw_body: bytes) -> dict[str, tuple[str, bytes]]:
    """Return head and content of each part by its name."""
    found = BOUNDARY.match(content_type)
    if found is None:
        raise RequestRejected("Content-Type must be multipart/form-data")
    mark = b"\r\n--" + found[1].encode()
    first, *parts = (b"\r\n" + raw_body).split(mark)
    if first or not parts or not parts[-1].startswith(b"--"):
        raise RequestRejected("The multipart body is malformed")
    named = {}
    for part in parts[:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        text = head.decode(errors="replace")
        name = NAME.search(text)
        if not separator or name is None:
            raise RequestRejected("The multipart body is malformed")
        named[name[1]] = (text, content)
    return named


def _filename(head: str) -> str:
    found = FILE_NAME.search(head)
    name = found[1] if found else ""
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS or FORBIDDEN.search(name):
        raise invalid(
            "file", 'Filename must have 1-255 characters, none of them <>:"|?*\\/'
        )
    return name


def _life(parts: dict[str, tuple[str, bytes]]) -> int | None:
    if "expires_in_seconds" not in parts:
        return None
    text = parts["expires_in_seconds"][1].decode(errors="replace")
    if not text.isdecimal() or not (
        SHORTEST_LIFE_SECONDS <= int(text) <= LONGEST_LIFE_SECONDS
    ):
        raise invalid(
            "expires_in_seconds",
            f"Input should be between {SHORTEST_LIFE_SECONDS} and "
            f"{LONGEST_LIFE_SECONDS}",
        )
    return int(text)


def _not_found(file_id: str) -> RequestRejected:
    return RequestRejected(f"File not found: {file_id}", status=404)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
