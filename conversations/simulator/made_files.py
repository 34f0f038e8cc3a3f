"""The files that simulated code leaves behind: told from their ids, kept nowhere.

So every process of a server finds them, and they are there after a restart.
"""

import hashlib
import re
from dataclasses import dataclass

from conversations.simulator.errors import RequestRejected
from conversations.simulator.wire import Json

MADE_ID = re.compile(
    r"file_sim(?P<seed>[0-9a-f]{16})(?P<number>[0-9a-f]{2})(?P<check>[0-9a-f]{6})\Z"
)
TABLE = b"number,square\n1,1\n2,4\n3,9\n"


@dataclass(frozen=True)
class MadeFile:
    """A file that can be downloaded. All are the same table."""

    id: str
    filename: str
    mime_type: str = "text/csv"
    content: bytes = TABLE

    def as_json(self) -> Json:
        """Return its metadata."""
        return {
            "id": self.id,
            "type": "file",
            "filename": self.filename,
            "mime_type": self.mime_type,
            "size_bytes": len(self.content),
            "created_at": "2026-11-22T12:00:00Z",
            "downloadable": True,
        }


def made_file_id(seed: str, number: int) -> str:
    """Return the id of the file with this number, counted from 1."""
    body = f"{hashlib.sha256(seed.encode()).hexdigest()[:16]}{number:02x}"
    return f"file_sim{body}{_check(body)}"


def find_made_file(file_id: str) -> MadeFile:
    """Return a file by its id. Raises RequestRejected for one that was never made."""
    found = MADE_ID.match(file_id)
    if found is None or found["check"] != _check(found["seed"] + found["number"]):
        raise RequestRejected(f"File not found: {file_id}", status=404)
    number = int(found["number"], 16)
    return MadeFile(file_id, f"table-{number}.csv" if number > 1 else "table.csv")


def _check(body: str) -> str:
    return hashlib.sha256(f"made {body}".encode()).hexdigest()[:6]
