"""A large upload beside a running answer: memory, and how long the loop stands still."""

import asyncio
from typing import Any

from tests.bench.figures import percentiles
from tests.bench.proc import peak_rss_bytes, reset_peak, rss_bytes
from tests.bench.tab import Tab, Target

RATE = 200  # so close together that a stall of 5 ms shows
BOUNDARY = "bench-boundary"
TOKEN = "b" * 32  # Django compares cookie and header; both are the client's


async def run(target: Target, *, size_bytes: int, seconds: float) -> Any:
    """Return the status, the memory that was added and the longest delay of a delta."""
    (pid,) = target.pids
    tab = await Tab(target).open()
    await _upload(target, _form(_pdf(100_000)))  # loads modules
    # Made before it counts: while this loop is busy, deltas look late.
    large = _form(_pdf(size_bytes))
    tab.ask(f"bench tag=u n={int(RATE * seconds)} rate={RATE} size=20")
    await tab.until_begun()
    reset_peak(pid)
    before = rss_bytes(pid)
    status = await _upload(target, large)
    peak = peak_rss_bytes(pid) - before
    await tab.until_ended()
    added = [mark.added_ms for mark in tab.marks]
    return {
        "status": status,
        "rss_mib": peak / 1024**2,
        "stall_ms": max(added),
        **percentiles(added),
    }


async def _upload(target: Target, body: bytes) -> str:
    head = "\r\n".join(
        [
            "POST /attachments/ HTTP/1.1",
            f"Host: 127.0.0.1:{target.port}",
            f"Origin: http://127.0.0.1:{target.port}",
            f"Cookie: {target.cookie}; csrftoken={TOKEN}",
            f"X-CSRFToken: {TOKEN}",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            "\r\n",
        ]
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    writer.write(head.encode())
    for start in range(0, len(body), 65_536):
        writer.write(body[start : start + 65_536])
        await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n")[0].decode()


def _form(content: bytes) -> bytes:
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        'name="file"; filename="large.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def _pdf(size_bytes: int) -> bytes:
    """Return one empty page, and an object nobody refers to that makes it large."""
    padding = b"%020d" % size_bytes + bytes(size_bytes - 1000)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(padding), padding),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 5\n0000000000 65535 f \n%s"
        b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (table, len(body))
    )
