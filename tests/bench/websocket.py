"""The client's end of a WebSocket, as cheap as Python can have it.

The driver shares the machine's cores with what it measures, so it does no more than
frames need (RFC 6455): no extensions, no fragments, a mask of zeros.
"""

import asyncio
import socket
import struct
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIN = 0x80
MASKED = 0x80


class WebSocket(asyncio.Protocol):
    """Calls `on_text` with the bytes of each text frame."""

    def __init__(self, head: bytes, on_text: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self._head = head
        self._on_text = on_text
        self._received = bytearray()
        self._is_open = False
        self.opened: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()

    @property
    def transport(self) -> asyncio.Transport:
        """The connection under it."""
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._head)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("refused"))
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_open and not self._take_answer():
            return
        self._take_frames()

    def send(self, text: str) -> None:
        """Send one text frame."""
        self._send(TEXT, text.encode())

    def _take_answer(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        first_line = bytes(self._received[: self._received.find(b"\r\n")])
        del self._received[: end + 4]
        if b" 101 " in first_line:
            self._is_open = True
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(first_line.decode()))
            self._transport.close()
        return self._is_open

    def _take_frames(self) -> None:
        received, start = self._received, 0
        while len(received) - start >= 2:
            length, body = received[start + 1], start + 2
            if length == 126:
                if len(received) < start + 4:
                    break
                (length,), body = struct.unpack_from(">H", received, body), start + 4
            elif length == 127:
                if len(received) < start + 10:
                    break
                (length,), body = struct.unpack_from(">Q", received, body), start + 10
            if len(received) < body + length:
                break
            self._take(received[start] & 0xF, bytes(received[body : body + length]))
            start = body + length
        del received[:start]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._on_text(payload)
        elif opcode == PING:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self._transport.close()

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack(">BB", FIN | opcode, MASKED | length)
        elif length < 65_536:
            head = struct.pack(">BBH", FIN | opcode, MASKED | 126, length)
        else:
            head = struct.pack(">BBQ", FIN | opcode, MASKED | 127, length)
        self._transport.write(head + b"\0\0\0\0" + payload)


async def connect(
    port: int,
    on_text: Callable[[bytes], None],
    *,
    cookie: str = "",
    receive_buffer_bytes: int = 0,
) -> WebSocket:
    """Return an open socket to /ws/ of a server on this machine."""
    lines = [
        "GET /ws/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    head = "\r\n".join([*lines, "", ""]).encode()
    raw = _new_socket(receive_buffer_bytes)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    _, protocol = await loop.create_connection(
        lambda: WebSocket(head, on_text), sock=raw
    )
    await protocol.opened
    return protocol


def _new_socket(receive_buffer_bytes: int) -> socket.socket:
    raw = socket.socket()
    raw.setblocking(False)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer_bytes:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    return raw
