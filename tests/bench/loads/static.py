"""One static file, asked for again and again."""

import asyncio
from time import monotonic
from typing import Any

from tests.bench.asking import content_length
from tests.bench.proc import cpu_seconds
from tests.bench.tab import Target

CONNECTIONS = 8


async def run(target: Target, *, path: str, seconds: float) -> Any:
    """Return the requests per second over a few kept connections."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
        "Accept-Encoding: br\r\n\r\n"
    ).encode()
    cpu, until = cpu_seconds(*target.pids), monotonic() + seconds
    answers = await asyncio.gather(
        *(_ask(target.port, request, until) for _ in range(CONNECTIONS))
    )
    count = sum(number for number, _ in answers)
    cpu = cpu_seconds(*target.pids) - cpu
    return {
        "per_second": count / seconds,
        "cpu_us": cpu * 1e6 / count,
        "size_bytes": answers[0][1],
    }


async def _ask(port: int, request: bytes, until: float) -> tuple[int, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = size = 0
    while monotonic() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        assert b"content-encoding: br" in head.lower(), head
        size = content_length(head)
        await reader.readexactly(size)
        count += 1
    writer.close()
    return count, size
