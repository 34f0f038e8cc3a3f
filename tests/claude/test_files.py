"""Uploaded files: streamed from the disk, described, deleted."""

import io
from typing import Any

import anthropic
import httpx2
import pytest

from conversations.claude import ClaudeClient, NotOffered, Provider, Secret
from conversations.claude.files import delete_file, file_name, get_file, upload_file
from conversations.simulator import Simulator, SimulatorTransport

from .wire import answered, client_for

CONTENT = bytes(range(256)) * 3000 + b"\r\n--end"


def simulated() -> tuple[ClaudeClient, Simulator]:
    simulator = Simulator(pace=0)
    transport = SimulatorTransport(simulator)
    return ClaudeClient(Provider(api_key=Secret("key")), transport=transport), simulator


async def upload(client: ClaudeClient, name: str = "größe.pdf") -> dict[str, Any]:
    return await upload_file(
        client,
        io.BytesIO(CONTENT),
        len(CONTENT),
        name=name,
        media_type="application/pdf",
        expires_in_seconds=3600,
    )


async def test_a_file_arrives_as_it_is() -> None:
    client, simulator = simulated()

    metadata = await upload(client)

    (request,) = simulator.requests
    assert int(request.headers["content-length"]) == len(request.raw_body)
    assert CONTENT in request.raw_body
    assert metadata["filename"] == "größe.pdf"
    assert (metadata["mime_type"], metadata["size_bytes"]) == (
        "application/pdf",
        len(CONTENT),
    )
    assert metadata["expires_at"]
    assert await get_file(client, metadata["id"]) == metadata


async def test_the_form_is_read_as_that_of_the_sdk() -> None:
    client, simulator = simulated()
    bodies: list[httpx2.Request] = []

    def keep(request: httpx2.Request) -> httpx2.Response:
        request.read()
        bodies.append(request)
        return httpx2.Response(200, json={"id": "file_1"})

    sdk = anthropic.Anthropic(
        api_key="key",
        http_client=httpx2.Client(transport=httpx2.MockTransport(keep)),
    )
    sdk.files.upload(
        file=("größe.pdf", CONTENT, "application/pdf"), expires_in_seconds=3600
    )
    (theirs,) = bodies

    ours = await upload(client)
    read = simulator._files.create(theirs.headers["content-type"], theirs.content)

    same = ("filename", "mime_type", "size_bytes")
    assert [read[key] for key in same] == [ours[key] for key in same]
    assert theirs.url.path == "/v1/files"


async def test_what_is_deleted_twice_is_gone() -> None:
    client, _ = simulated()
    file_id = (await upload(client))["id"]

    await delete_file(client, file_id)
    await delete_file(client, file_id)


async def test_an_upload_is_tried_again_from_its_beginning() -> None:
    client, transport = client_for(
        answered({"error": {}}, status=529), answered({"id": "file_1"})
    )

    assert (await upload(client))["id"] == "file_1"
    first, second = transport.requests
    assert len(second.content) == int(second.headers["content-length"])
    assert CONTENT in first.content
    assert CONTENT in second.content


async def test_a_platform_without_files_is_not_asked() -> None:
    client = ClaudeClient(
        Provider(kind="compatible", base_url="http://localhost:1", api_key=Secret("k"))
    )

    with pytest.raises(NotOffered):
        await upload(client)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("a.pdf", "a.pdf"),
        ('a"b\\c/d:e*f?g<h>i|j.pdf', "a_b_c_d_e_f_g_h_i_j.pdf"),
        ("a\r\nb", "a__b"),
        ("", "_"),
        ("ä" * 300, "ä" * 255),
    ],
)
def test_names_are_made_as_the_api_takes_them(name: str, taken: str) -> None:
    assert file_name(name) == taken
