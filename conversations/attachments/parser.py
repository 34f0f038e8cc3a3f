"""Reads an upload in a child process that may fail, hang or grow without harm."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any
from weakref import WeakKeyDictionary

from django.conf import settings

from conversations.attachments.errors import UploadRefused
from conversations.attachments.limits import CHILD_WAIT_SECONDS, CHILDREN_AT_ONCE
from conversations.attachments.parts import read_parts
from conversations.models import Kind

logger = logging.getLogger(__name__)

# -S and -s: no site packages' start-up code; -P: nothing is imported from the folder
# it is started in. The search path comes with the environment.
COMMAND = (sys.executable, "-S", "-s", "-P", "-m", "conversations.attachments.child")
MEDIA_TYPES = {
    Kind.IMAGE: ("image/png", "image/jpeg", "image/webp"),
    Kind.PDF: ("application/pdf",),
    Kind.TEXT: ("text/plain",),
}
LOGGED_CHARACTERS = 2000

# A semaphore belongs to the event loop in which somebody first waited for it.
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    WeakKeyDictionary()
)


@dataclass(frozen=True)
class Parsed:
    """What an upload turned out to be. `sent` is None when it is sent as it came."""

    kind: Kind
    media_type: str
    sent: bytes | None
    thumbnail: bytes | None = None
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    characters: int | None = None
    converted_from: str = ""


async def parse(
    source: IO[bytes],
    *,
    command: Sequence[str] = COMMAND,
    wait_seconds: float = CHILD_WAIT_SECONDS,
) -> Parsed:
    """Return what the real file `source` holds.

    Raises UploadRefused when it is not allowed, and also when the child gave up, hung
    or crashed over it.
    """
    parts, status = await run_child(source, command, wait_seconds)
    return _understand(parts, status)


async def run_child(
    source: IO[bytes], command: Sequence[str], wait_seconds: float
) -> tuple[dict[str, bytes], int]:
    """Return the parts that a child made of a real file, and how it ended."""
    source.seek(0)
    async with _slot():
        # Files without a name: nothing is left behind, however this process ends.
        with _unnamed_file() as results, _unnamed_file() as complaints:
            status = await _run(command, source, results, complaints, wait_seconds)
            results.seek(0)
            parts = read_parts(results)
            complaints.seek(0)
            complaint = complaints.read(LOGGED_CHARACTERS).decode(errors="replace")
    if status != 0:
        logger.warning("The upload's reader ended with %s: %s", status, complaint)
    if "refused" in parts:
        raise UploadRefused(**json.loads(parts["refused"]))
    return parts, status


def _slot() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    return _slots.setdefault(loop, asyncio.Semaphore(CHILDREN_AT_ONCE))


def _unnamed_file() -> IO[bytes]:
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)


async def _run(
    command: Sequence[str],
    source: IO[bytes],
    results: IO[bytes],
    complaints: IO[bytes],
    wait_seconds: float,
) -> int:
    """Return the exit status; negative is the signal that ended the child."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=source,
        stdout=results,
        stderr=complaints,
        env=_environment(),
        cwd="/",
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(wait_seconds):
            return await process.wait()
    except TimeoutError:
        return -signal.SIGKILL
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _environment() -> dict[str, str]:
    """Return the child's whole environment: where to import from, and no secret."""
    environment = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONUTF8": "1",
    }
    # Some builds of Python find their own library only by this.
    if library_path := os.environ.get("LD_LIBRARY_PATH"):
        environment["LD_LIBRARY_PATH"] = library_path
    return environment


def _understand(parts: dict[str, bytes], status: int) -> Parsed:
    if "facts" not in parts:
        raise given_up(status)
    facts: dict[str, Any] = json.loads(parts["facts"])
    kind = Kind(facts.pop("kind"))
    if facts["media_type"] not in MEDIA_TYPES[kind]:
        raise given_up(status)
    return Parsed(
        kind=kind,
        sent=parts.get("sent"),
        thumbnail=parts.get("thumbnail"),
        **facts,
    )


def given_up(status: int) -> UploadRefused:
    """Return why a child that ended so has not said enough."""
    if status in (-signal.SIGKILL, -signal.SIGXCPU):
        reason = "Reading this file took too long"
    else:
        reason = "This file could not be read within the memory that is allowed"
    return UploadRefused(
        "file_too_complex",
        f"{reason}: it is damaged or too complex. Save a simpler copy (a picture with "
        "fewer pixels, a PDF printed anew) and attach that.",
    )
