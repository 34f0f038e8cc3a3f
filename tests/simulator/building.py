"""Requests, PDFs and pictures for the tests of the simulator."""

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

import httpx
from PIL import Image

from conversations.simulator import Simulator, SimulatorTransport

type Json = dict[str, Any]

HEADERS = {"x-api-key": "key", "anthropic-version": "2026-10-21"}
TOOL: Json = {
    "name": "calculator",
    "description": "Computes.",
    "input_schema": {
        "type": "object",
        "properties": {"expression": {"type": "string"}},
        "required": ["expression"],
    },
}


def make_client(
    simulator: Simulator, headers: dict[str, str] | None = None
) -> httpx.AsyncClient:
    """Return a client whose requests are answered by `simulator`."""
    return httpx.AsyncClient(
        transport=SimulatorTransport(simulator),
        base_url="http://simulator",
        headers=HEADERS if headers is None else headers,
    )


def make_params(*contents: Any, **fields: Any) -> Json:
    """Return a request whose messages alternate, the user's first."""
    roles = ("user", "assistant")
    messages = [
        {"role": roles[index % 2], "content": content}
        for index, content in enumerate(contents)
    ]
    params = {"model": "claude-opus-5-5", "max_tokens": 4000, "messages": messages}
    return {**params, **fields}


async def post(
    params: Any,
    *,
    simulator: Simulator | None = None,
    path: str = "/v1/messages",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Send one request, by default to a simulator of its own without a pace."""
    async with make_client(simulator or Simulator(pace=0)) as client:
        # ASCII, so that half a character can be sent too.
        return await client.post(path, content=json.dumps(params), headers=headers)


async def answer(params: Json, simulator: Simulator | None = None) -> Json:
    """Return the message that answers a request."""
    response = await post(params, simulator=simulator)
    assert response.status_code == 200, response.text
    message: Json = response.json()
    return message


async def refusal(params: Any, headers: dict[str, str] | None = None) -> str:
    """Return the message of the 400 that answers a request."""
    response = await post(params, headers=headers)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["type"] == "invalid_request_error"
    text: str = response.json()["error"]["message"]
    return text


def text_of(message: Json) -> str:
    """Return the texts of a message as one."""
    return "".join(b["text"] for b in message["content"] if b["type"] == "text")


def text(text: str) -> Json:
    """Return a text block."""
    return {"type": "text", "text": text}


def read_events(body: str) -> list[Json]:
    """Return the events of a finished stream."""
    frames = [frame for frame in body.split("\n\n") if frame]
    return [json.loads(frame.split("\ndata: ", 1)[1]) for frame in frames]


def make_pdf(pages: Sequence[str], *, locked: bool = False) -> bytes:
    """Return a PDF with one line of text per line of each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", FONT]
    kids = []
    for page in pages:
        shown = "".join(f"({_escaped(line)}) Tj T* " for line in page.split("\n"))
        stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown}ET" if page else ""
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources "
            f"<< /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    return _assembled(objects, LOCK if locked else "")


def _assembled(objects: list[str], trailer: str) -> bytes:
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1"))
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets))
    size = len(objects) + 1
    out.write(f"trailer\n<< /Size {size} /Root 1 0 R {trailer}>>\n".encode())
    out.write(f"startxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
# Any key that the empty password does not open.
LOCK = (
    f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >> "
    f"/ID [<{'33' * 16}> <{'33' * 16}>] "
)


def pdf_block(pages: Sequence[str], **fields: Any) -> Json:
    """Return a document block with a PDF of these pages."""
    return document_block(make_pdf(pages), **fields)


def document_block(content: bytes, **fields: Any) -> Json:
    """Return a document block with a PDF of these bytes."""
    return {"type": "document", "source": _base64("application/pdf", content), **fields}


def text_document(text: str, **fields: Any) -> Json:
    """Return a document block with plain text."""
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, **fields}


def image_block(
    width: int = 8, height: int = 8, colour: str = "red", **fields: Any
) -> Json:
    """Return an image block with a PNG of one colour."""
    content = make_png(width, height, colour)
    return {"type": "image", "source": _base64("image/png", content), **fields}


def make_png(width: int = 8, height: int = 8, colour: str = "red") -> bytes:
    """Return a PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def _base64(media_type: str, content: bytes) -> Json:
    encoded = base64.b64encode(content).decode()
    return {"type": "base64", "media_type": media_type, "data": encoded}
