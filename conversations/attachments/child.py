"""The child process: reads one upload from stdin, writes parts to stdout, and ends.

With `pages FIRST LAST` it reads the text of these pages of a PDF instead.

It runs with limits and without Django, settings, secrets and environment: whatever a
hostile file does to a decoder happens here. `parser.py` starts it.
"""

import importlib
import json
import os
import resource
import sys
from collections.abc import Iterator, Sequence

from conversations.attachments.errors import UploadRefused
from conversations.attachments.limits import (
    CHILD_CPU_SECONDS,
    CHILD_MEMORY_BYTES,
    CHILD_NICENESS,
    CHILD_OPEN_FILES,
    CONVERSION_CPU_SECONDS,
    MAX_UPLOAD_BYTES,
)
from conversations.attachments.parts import Part, write_part
from conversations.attachments.sniff import sniff

LIMITS = (
    (resource.RLIMIT_AS, CHILD_MEMORY_BYTES),
    (resource.RLIMIT_FSIZE, MAX_UPLOAD_BYTES),
    (resource.RLIMIT_NOFILE, CHILD_OPEN_FILES),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
)


def main() -> None:
    """Read the upload and say what it is, or why it is refused."""
    limit_resources()
    # Decoders print: what they say goes to stderr, so that stdout holds parts only.
    with os.fdopen(os.dup(1), "wb") as results:
        os.dup2(2, 1)
        try:
            for part in read(sys.stdin.buffer.read(), sys.argv[1:]):
                write_part(results, part)
        except UploadRefused as refused:
            refusal = {
                "type": refused.type,
                "message": refused.message,
                "status": refused.status,
            }
            write_part(results, ("refused", json.dumps(refusal).encode()))


def limit_resources() -> None:
    """Lower the limits of this process for good, as far as the system knows them."""
    os.nice(CHILD_NICENESS)
    for which, limit in LIMITS:
        _limit(which, limit, limit)
    _limit(resource.RLIMIT_CPU, CHILD_CPU_SECONDS, CONVERSION_CPU_SECONDS)


def allow_conversion() -> None:
    """Take the time that a long document needs: text has no pixels to be counted.

    A process that was never limited stays so: its time is not counted from here.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_CPU)
    if soft == CHILD_CPU_SECONDS:
        _limit(resource.RLIMIT_CPU, CONVERSION_CPU_SECONDS, CONVERSION_CPU_SECONDS)


def _limit(which: int, soft: int, hard: int) -> None:
    try:
        resource.setrlimit(which, (soft, hard))
    except (OSError, ValueError):
        # macOS refuses some of them; the parent's time limit holds everywhere.
        return


def read(content: bytes, wanted: Sequence[str] = ()) -> Iterator[Part]:
    """Yield the parts of one upload. Raises UploadRefused."""
    found = sniff(content)
    if wanted:
        _, first, last = wanted
        module = importlib.import_module("conversations.attachments.pdf_pages")
        yield from module.read_pages(content, int(first), int(last))
        return
    # Only the decoder that is needed is loaded: they are most of the start-up time.
    if found == "text":
        module = importlib.import_module("conversations.attachments.text")
        yield from module.read_text(content)
    elif found == "office":
        allow_conversion()
        module = importlib.import_module("conversations.attachments.conversions.office")
        yield from module.read_office(content)
    elif found == "html":
        allow_conversion()
        module = importlib.import_module("conversations.attachments.conversions.html")
        yield from module.read_html(content)
    elif found == "pdf":
        module = importlib.import_module("conversations.attachments.pdf")
        yield from module.read_pdf(content)
    else:
        module = importlib.import_module("conversations.attachments.images")
        yield from module.read_image(content, found)


if __name__ == "__main__":
    main()
