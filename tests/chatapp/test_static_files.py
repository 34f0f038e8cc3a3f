"""Static files are answered in front of Django, with headers of their own."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from chatapp.static_files import StaticFiles

type Answer = tuple[int, dict[str, str], bytes]

CONTENT = b"body { color: black }\n" * 50


async def beyond(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"beyond"})


@pytest.fixture
def wrapper(tmp_path: Path, settings: Settings) -> StaticFiles:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "page.css").write_bytes(CONTENT)
    (tmp_path / "css" / "page.css.gz").write_bytes(gzip.compress(CONTENT))
    settings.STATIC_ROOT = tmp_path
    return StaticFiles(beyond)


async def get(
    wrapper: StaticFiles, path: str, method: str = "GET", **headers: str
) -> Answer:
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in headers.items()
        ],
    }
    await wrapper(scope, None, send)
    start, *bodies = messages
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], answered, b"".join(body["body"] for body in bodies)


async def test_a_file_is_answered_with_its_type_and_kept_from_other_sites(
    wrapper: StaticFiles,
) -> None:
    status, headers, body = await get(wrapper, "/static/css/page.css")

    assert (status, body) == (200, CONTENT)
    for volatile in ("last-modified", "etag"):
        del headers[volatile]
    assert headers == {
        "content-type": 'text/css; charset="utf-8"',
        "content-length": str(len(CONTENT)),
        "cache-control": "max-age=60, public",
        "vary": "Accept-Encoding",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
    }


async def test_a_compressed_copy_is_sent_to_whoever_takes_it(
    wrapper: StaticFiles,
) -> None:
    status, headers, body = await get(
        wrapper, "/static/css/page.css", accept_encoding="gzip, br"
    )

    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == CONTENT


async def test_an_unchanged_file_is_not_sent_again(wrapper: StaticFiles) -> None:
    _, headers, _ = await get(wrapper, "/static/css/page.css")

    status, _, body = await get(
        wrapper, "/static/css/page.css", if_none_match=headers["etag"]
    )

    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    ("method", "expected"), [("HEAD", (200, b"")), ("POST", (405, b""))]
)
async def test_files_are_only_read(
    method: str, expected: tuple[int, bytes], wrapper: StaticFiles
) -> None:
    status, _, body = await get(wrapper, "/static/css/page.css", method)

    assert (status, body) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/static/",
        "/static/css",
        "/static/css/missing.css",
        "/static/../manage.py",
        "/static/css/../../manage.py",
        "/static//etc/passwd",
        "/css/page.css",
    ],
)
async def test_everything_else_goes_on_to_the_application(
    path: str, wrapper: StaticFiles
) -> None:
    assert await get(wrapper, path) == (299, {}, b"beyond")


@pytest.mark.parametrize("path", ["/static/../manage.py", "/static/missing.css"])
async def test_a_developer_gets_source_files_and_nothing_beside_them(
    path: str, settings: Settings
) -> None:
    settings.DEBUG = True
    wrapper = StaticFiles(beyond)

    found, headers, _ = await get(wrapper, "/static/css/tokens.css")

    assert (found, headers["cache-control"]) == (200, "max-age=0, public")
    assert await get(wrapper, path) == (299, {}, b"beyond")
