"""What a server holds, as the kernel and its database tell it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.cluster_rows import Rows

# By name: what must be empty when nothing runs.
LEFT_OVERS = {
    "live turns": "SELECT id FROM conversations_turn"
    " WHERE state IN ('queued', 'running')",
    "leases": "SELECT id FROM conversations_turn WHERE lease_expires_at IS NOT NULL",
    "checkpoints": "SELECT id FROM conversations_checkpoint",
    "open rounds": "SELECT turn_id FROM conversations_openround",
}
DATABASE = "db.sqlite3"


@dataclass(frozen=True)
class Footprint:
    """One look at a process."""

    sockets: int
    # SQLite keeps the file of a connection that was closed for the next one, as long as
    # another one is open: as many as were ever open at once.
    database_files: int
    # By what they lead to: the log, the loop's own.
    files: Counter[str]
    threads: int
    rows: dict[str, int]
    # No two looks give the same, so it is left out when they are compared.
    resident_bytes: int = field(compare=False)

    @classmethod
    def of(cls, pid: int, rows: Rows) -> "Footprint":
        """Read /proc, which only Linux has, and count rows."""
        files = Counter(_target(link) for link in Path(f"/proc/{pid}/fd").iterdir())
        return cls(
            sockets=files.pop("socket", 0),
            database_files=sum(
                files.pop(name) for name in list(files) if name.startswith(DATABASE)
            ),
            files=files,
            threads=int(_status(pid, "Threads")),
            resident_bytes=int(_status(pid, "VmRSS").split()[0]) * 1024,
            rows={name: len(rows.ask(query)) for name, query in LEFT_OVERS.items()},
        )

    def __str__(self) -> str:
        return (
            f"{self.sockets} sockets, {self.database_files} files of the database,"
            f" {self.files.total()} others,"
            f" {self.threads} threads, {self.resident_bytes / 2**20:.1f} MiB,"
            f" {sum(self.rows.values())} rows of running turns"
        )


def _target(link: Path) -> str:
    try:
        return link.readlink().name.partition(":")[0]
    except FileNotFoundError:
        return "gone"  # between the listing and this look


def _status(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.partition(":")[2] for line in lines if line.startswith(name))
