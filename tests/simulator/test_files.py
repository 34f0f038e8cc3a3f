"""Uploaded files: taken, listed, named by messages, expired, deleted."""

from typing import Any

import httpx
import pytest

from conversations.simulator import Simulator
from conversations.simulator.files import LISTED_SECONDS, SHORTEST_LIFE_SECONDS
from tests.simulator.building import (
    answer,
    make_client,
    make_params,
    make_pdf,
    make_png,
    post,
    text,
    text_of,
)

PDF = make_pdf(["First page.", "The bell weighs three tons."])


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def call(
    simulator: Simulator, method: str, path: str, **options: Any
) -> httpx.Response:
    async with make_client(simulator) as client:
        return await client.request(method, f"/v1/files{path}", **options)


async def upload(
    simulator: Simulator,
    content: bytes = PDF,
    media_type: str = "application/pdf",
    name: str = "bell.pdf",
    **fields: str,
) -> httpx.Response:
    files = {"file": (name, content, media_type)}
    return await call(simulator, "POST", "", files=files, data=fields)


def document(file_id: str) -> dict[str, Any]:
    return {
        "type": "document",
        "source": {"type": "file", "file_id": file_id},
        "citations": {"enabled": True},
    }


def picture(file_id: str) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "file", "file_id": file_id}}


async def test_an_upload_is_described() -> None:
    simulator = Simulator(pace=0, clock=Clock(), new_id=lambda kind: f"{kind}_1")

    response = await upload(simulator, expires_in_seconds="3600")

    assert response.status_code == 200
    assert response.json() == {
        "id": "file_1",
        "type": "file",
        "filename": "bell.pdf",
        "mime_type": "application/pdf",
        "size_bytes": len(PDF),
        "created_at": "1970-01-12T13:46:40Z",
        "downloadable": False,
        "expires_at": "1970-01-12T14:46:40Z",
    }


async def test_messages_read_uploaded_files() -> None:
    simulator = Simulator(pace=0)
    pdf = (await upload(simulator)).json()["id"]
    png = (await upload(simulator, make_png(), "image/png", "a.png")).json()["id"]
    words = b"The crane was painted green in March."
    note = (await upload(simulator, words, "text/plain", "a.txt")).json()["id"]

    about_pdf = await answer(
        make_params([document(pdf), text("How heavy is the bell?")]),
        simulator=simulator,
    )
    about_png = await answer(
        make_params([picture(png), text("What is this?")]), simulator=simulator
    )
    about_note = await answer(
        make_params([document(note), text("Which colour has the crane?")]),
        simulator=simulator,
    )

    assert "The bell weighs three tons." in text_of(about_pdf)
    assert "The image is a PNG" in text_of(about_png)
    assert "The crane was painted green in March." in text_of(about_note)


async def test_the_list_has_pages() -> None:
    simulator = Simulator(pace=0)
    ids = [(await upload(simulator)).json()["id"] for _ in range(3)]

    first = (await call(simulator, "GET", "?limit=2")).json()
    second = (
        await call(simulator, "GET", f"?limit=2&page={first['next_page']}")
    ).json()
    named = (await call(simulator, "GET", f"?ids[]={ids[0]}&ids[]=file_no")).json()

    assert [item["id"] for item in first["data"] + second["data"]] == ids[::-1]
    assert second["next_page"] is None
    assert [item["id"] for item in named["data"]] == [ids[0]]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=x", "?page=x",
                                   "?ids[]=a&limit=2", "?" + "&ids[]=a" * 101])  # fmt: skip
async def test_a_wrong_option_of_the_list_is_refused(query: str) -> None:
    assert (await call(Simulator(pace=0), "GET", query)).status_code == 400


async def test_what_is_deleted_is_gone() -> None:
    simulator = Simulator(pace=0)
    file_id = (await upload(simulator)).json()["id"]

    deleted = await call(simulator, "DELETE", f"/{file_id}")

    assert deleted.json() == {"id": file_id, "type": "file_deleted"}
    for method in ("GET", "DELETE"):
        gone = await call(simulator, method, f"/{file_id}")
        assert (gone.status_code, gone.json()["error"]["type"]) == (
            404,
            "not_found_error",
        )
    used = await post(make_params([document(file_id), text("?")]), simulator=simulator)
    assert used.status_code == 404


async def test_an_expired_file_is_listed_and_not_read() -> None:
    clock = Clock()
    simulator = Simulator(pace=0, clock=clock)
    life = str(SHORTEST_LIFE_SECONDS)
    file_id = (await upload(simulator, expires_in_seconds=life)).json()["id"]
    params = make_params([document(file_id), text("How heavy is the bell?")])

    clock.now += SHORTEST_LIFE_SECONDS - 1
    alive = await post(params, simulator=simulator)
    clock.now += 1
    expired = await post(params, simulator=simulator)
    listed = await call(simulator, "GET", f"/{file_id}")
    clock.now += LISTED_SECONDS
    forgotten = await call(simulator, "GET", f"/{file_id}")

    assert (alive.status_code, expired.status_code) == (200, 404)
    assert expired.json()["error"]["details"] == {"error_code": "file_expired"}
    assert (listed.status_code, forgotten.status_code) == (200, 404)


async def test_uploads_are_no_downloads() -> None:
    simulator = Simulator(pace=0)
    file_id = (await upload(simulator)).json()["id"]

    response = await call(simulator, "GET", f"/{file_id}/content")

    assert response.status_code == 400
    assert response.json()["error"]["details"] == {
        "error_code": "file_not_downloadable"
    }


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a:b.pdf", {}),
        ("a/b.pdf", {}),
        ("a" * 256, {}),
        ("a.pdf", {"expires_in_seconds": "3599"}),
        ("a.pdf", {"expires_in_seconds": "7776001"}),
        ("a.pdf", {"expires_in_seconds": "soon"}),
        ("a.pdf", {"purpose": "vision"}),
    ],
)
async def test_a_wrong_upload_is_refused(name: str, fields: dict[str, str]) -> None:
    files = {"file": (name, PDF, "application/pdf")}

    response = await call(Simulator(pace=0), "POST", "", files=files, data=fields)

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nno head\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x",
         b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'),
    ],
)  # fmt: skip
async def test_a_broken_form_is_refused(content_type: str, body: bytes) -> None:
    response = await call(
        Simulator(pace=0),
        "POST",
        "",
        content=body,
        headers={"content-type": content_type},
    )

    assert response.status_code == 400


async def test_a_file_of_another_kind_is_refused_in_its_place() -> None:
    simulator = Simulator(pace=0)
    csv = (await upload(simulator, b"a,b", "text/csv", "a.csv")).json()["id"]
    pdf = (await upload(simulator)).json()["id"]

    as_document = await post(
        make_params([document(csv), text("?")]), simulator=simulator
    )
    as_picture = await post(make_params([picture(pdf), text("?")]), simulator=simulator)

    assert (as_document.status_code, as_picture.status_code) == (400, 400)
    assert as_picture.json()["error"]["message"] == (
        "messages.0.content.0.source.file_id: The file has the media type "
        "application/pdf; allowed here: image/gif, image/jpeg, image/png, image/webp"
    )
