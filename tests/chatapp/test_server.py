"""One client can neither fill the memory of all nor keep the server from stopping."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.chatapp.probe_server import MAX_BODY_BYTES, PIECES
from tests.postgres import free_port
from tests.serving import ROOT

MIB = 1024 * 1024


@contextmanager
def probe(*options: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chatapp.probe_server", str(port), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert [process.stdout.readline() for _ in range(2)] == [
            "start\n",
            "listening\n",
        ]
        yield port, process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with probe() as (port, _):
        yield port


def state(port: int) -> dict[str, int]:
    answer: dict[str, int] = httpx.get(f"http://127.0.0.1:{port}/state").json()
    return answer


def sent_until_stalled(port: int) -> int:
    """Return how many pieces went out when no more do."""
    before, now = -1, state(port)["sent"]
    while now != before or now == 0:
        time.sleep(0.3)
        before, now = now, state(port)["sent"]
    return now


def open_raw(port: int, request: str) -> socket.socket:
    """Send `request` and read nothing; a small window keeps the kernel's part small."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
    client.connect(("127.0.0.1", port))
    client.sendall(request.encode())
    return client


def upgrade(port: int, path: str) -> socket.socket:
    return open_raw(
        port,
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n",
    )


@pytest.mark.parametrize("kind", ["socket", "page"])
def test_a_reader_that_stalls_stops_the_sender_until_it_goes(kind: str) -> None:
    with probe() as (port, _):
        if kind == "socket":
            client = upgrade(port, "/flood")
        else:
            client = open_raw(port, "GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

        sent = sent_until_stalled(port)
        client.close()

        # The kernel's own buffers take up to about 6 MiB; the server none of the rest.
        assert 0 < sent < PIECES // 8
        while state(port)["ended"] == 0:
            time.sleep(0.05)
        assert state(port) == {"sent": PIECES, "ended": 1, "received": 0}


def test_a_stalled_reader_that_reads_again_gets_everything() -> None:
    with probe() as (port, _):
        client = open_raw(
            port, "GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )
        sent_until_stalled(port)

        received = 0
        while chunk := client.recv(MIB):
            received += len(chunk)
        client.close()

        assert received > PIECES * 65536
        assert state(port) == {"sent": PIECES, "ended": 1, "received": 0}


def test_a_client_that_floods_a_busy_socket_is_read_no_further(port: int) -> None:
    client = upgrade(port, "/deaf")
    client.recv(4096)
    client.setblocking(False)
    payload = b"x" * 1000
    # One masked text frame with the mask 0.
    frame = b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload

    taken, refusals = 0, 0
    while taken < 64 * MIB and refusals < 20:
        try:
            taken += client.send(frame * 64)
            refusals = 0
        except BlockingIOError:
            refusals += 1
            time.sleep(0.02)
    client.close()

    assert taken < 32 * MIB


@pytest.mark.parametrize("size", [0, 10, 300_000, MAX_BODY_BYTES])
def test_a_body_arrives_whole_and_in_pieces(size: int, port: int) -> None:
    answer = httpx.post(f"http://127.0.0.1:{port}/body", content=b"x" * size).json()

    assert answer == {"bytes": size, "largest_piece": min(size, 256 * 1024)}


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_the_limit_is_refused_with_the_limit(
    is_chunked: bool, port: int
) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    content = (body[at : at + MIB] for at in range(0, len(body), MIB))

    answer = httpx.post(
        f"http://127.0.0.1:{port}/body", content=content if is_chunked else body
    )

    assert (answer.status_code, answer.json()) == (
        413,
        {
            "error": {
                "type": "request_too_large",
                "message": "This request is larger than the 4 MB that are taken at "
                "once. Send a smaller file.",
            }
        },
    )


def test_a_form_of_a_page_over_the_limit_is_answered_in_text(port: int) -> None:
    answer = httpx.post(
        f"http://127.0.0.1:{port}/body",
        content=b"x" * (MAX_BODY_BYTES + 1),
        headers={"Accept": "text/html,*/*"},
    )

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("This request is larger than the 4 MB")


def test_requests_that_share_a_connection_are_answered_in_turn(port: int) -> None:
    with httpx.Client() as client:
        answers = [
            client.post(f"http://127.0.0.1:{port}/body", content=b"x" * size).json()
            for size in (5, 0, 200_000)
        ]

    assert [answer["bytes"] for answer in answers] == [5, 0, 200_000]


def test_a_frame_may_be_larger_on_the_way_out_than_on_the_way_in(port: int) -> None:
    with connect(f"ws://127.0.0.1:{port}/large", max_size=None) as client:
        assert len(client.recv()) == 3 * MIB

    with connect(f"ws://127.0.0.1:{port}/echo") as client:
        client.send("x" * MIB)
        assert len(client.recv()) == MIB
        client.send("x" * (MIB + 1))
        with pytest.raises(ConnectionClosed) as closing:
            client.recv()
    assert closing.value.rcvd is not None
    assert closing.value.rcvd.code == 1009


@pytest.mark.parametrize("options", [(), ("--hang",)])
def test_a_stop_runs_its_hook_closes_sockets_and_ends_well(
    options: tuple[str, ...],
) -> None:
    with (
        probe(*options) as (port, process),
        connect(f"ws://127.0.0.1:{port}/echo") as client,
    ):
        process.send_signal(signal.SIGTERM)

        with pytest.raises(ConnectionClosed) as closing:
            client.recv()
        assert process.stdout is not None
        output = process.stdout.read()

        assert closing.value.rcvd is not None
        assert closing.value.rcvd.code == 4001
        assert (output, process.wait()) == ("drain\nstop\nended\n", 0)


def test_while_it_drains_the_port_is_open_and_a_second_signal_ends_that() -> None:
    with probe("--slow") as (port, process):
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.readline() == "drain\n"

        answer = httpx.get(f"http://127.0.0.1:{port}/state", trust_env=False)
        process.send_signal(signal.SIGTERM)

        assert answer.status_code == 200
        assert (process.stdout.read(), process.wait()) == ("stop\nended\n", 0)


def test_a_port_in_use_is_reported() -> None:
    with probe() as (port, _):
        second = subprocess.run(
            [sys.executable, "-m", "tests.chatapp.probe_server", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )

    assert "Address already in use" in second.stdout
    assert "listening" not in second.stdout
