import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.fetching import Allowance, Fetched, Fetcher, FetchRefused
from conversations.fetching.connecting import open_transport
from conversations.fetching.fetcher import FETCHES_AT_ONCE, _content_type
from tests.fetching.web import ADDRESS, Web, answer, redirect, serving

ALLOWANCE = Allowance(max_bytes=1000, seconds=5, media_types=frozenset({"text/*"}))


async def refusal(
    web: Web, link: str = "http://example.org/", allowance: Allowance = ALLOWANCE
) -> tuple[str, str]:
    """Return type and message of the refusal of a link."""
    with pytest.raises(FetchRefused) as caught:
        await web.fetcher.fetch(link, allowance, bytearray().extend)
    return caught.value.type, caught.value.message


async def test_a_page_is_fetched() -> None:
    body = bytearray()
    page = answer(b"Hello", content_type="Text/HTML; Charset=UTF-8")
    async with serving({"/a/page.html?b=1": page}) as web:
        fetched = await web.fetcher.fetch(
            "http://example.org/a/page.html?b=1#c", ALLOWANCE, body.extend
        )

    assert bytes(body) == b"Hello"
    assert fetched == Fetched(
        url="http://example.org/a/page.html?b=1",
        media_type="text/html",
        charset="utf-8",
        name="page.html",
        size_bytes=5,
    )
    assert web.connected == [ADDRESS]


async def test_nothing_is_sent_that_tells_of_us() -> None:
    heads: list[str] = []

    async def listen(head: str, _writer: object) -> AsyncIterator[bytes]:
        heads.append(head)
        yield answer(set_cookie="a=b") if len(heads) > 1 else redirect("/again")

    async with serving({"/": listen, "/again": listen}) as web:
        await web.fetcher.fetch("http://example.org/", ALLOWANCE, bytearray().extend)
        await web.fetcher.fetch("http://example.org/", ALLOWANCE, bytearray().extend)

    lines = [line.lower() for line in heads[-1].split("\r\n")[1:] if line]
    assert sorted(lines) == [
        "accept-encoding: identity",
        "accept: */*",
        "connection: close",
        "host: example.org",
        "user-agent: colloquy",
    ]


async def test_the_certificate_is_checked_for_the_name() -> None:
    async with serving({"/": answer()}) as web:
        await web.fetcher.fetch("https://example.org/", ALLOWANCE, bytearray().extend)

    (request,) = web.asked
    assert request.extensions["sni_hostname"] == "example.org"
    assert request.headers["host"] == "example.org"


NEAR = ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "fe80::1", "fd00:ec2::254",
        "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "100.100.100.200", "168.63.129.16"]  # fmt: skip


@pytest.mark.parametrize("address", NEAR)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    async with serving({"/": answer()}) as web:
        web.knows("inside.example", [address])
        web.knows("both.example", [ADDRESS, address])
        inside = await refusal(web, "http://inside.example/")
        both = await refusal(web, "https://both.example/")

    assert (inside[0], both[0]) == ("unreachable", "unreachable")
    assert web.connected == []


@pytest.mark.parametrize("address", NEAR)
async def test_an_address_inside_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    async with serving({"/": answer()}) as web:
        kind, _ = await refusal(web, f"http://{host}/")

    assert kind == "unreachable"
    assert web.connected == []


async def test_inside_unknown_and_dead_are_told_alike() -> None:
    async with serving({"/": answer()}) as web:
        web.knows("a.example", ["10.0.0.5"])
        web.knows("b.example", [])
        web.knows("c.example", ["1.1.1.1"])
        web.dead = {"1.1.1.1"}
        told = [
            await refusal(web, f"http://{name}.example/")
            for name in ("a", "b", "c", "d")
        ]

    alike = {message.partition(" ")[2] for _, message in told}
    assert {kind for kind, _ in told} == {"unreachable"}
    assert len(alike) == 1


async def test_a_name_that_changes_its_mind_is_pinned() -> None:
    async with serving({"/": answer()}) as web:
        web.knows("example.org", [ADDRESS], ["127.0.0.1"])
        await web.fetcher.fetch("http://example.org/", ALLOWANCE, bytearray().extend)

    assert (web.looked_up, web.connected) == (["example.org"], [ADDRESS])


async def test_a_name_that_changes_its_mind_in_a_redirect_is_refused() -> None:
    async with serving({"/": redirect("/secret"), "/secret": answer()}) as web:
        web.knows("example.org", [ADDRESS], ["127.0.0.1"])
        kind, _ = await refusal(web)

    assert kind == "unreachable"
    assert web.connected == [ADDRESS]


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1/", "http://[::1]/", "//169.254.169.254/latest/meta-data/",
     "http://inside.example/"],
)  # fmt: skip
async def test_a_redirect_inside_is_refused(location: str) -> None:
    async with serving({"/": redirect(location)}) as web:
        web.knows("inside.example", ["192.168.1.1"])
        kind, _ = await refusal(web)

    assert kind == "unreachable"
    assert web.connected == [ADDRESS]


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://example.org:6379/", "http://u:p@x.org/"]
)
async def test_a_redirect_to_what_is_no_link_is_refused(location: str) -> None:
    async with serving({"/": redirect(location)}) as web:
        kind, _ = await refusal(web)

    assert kind == "bad_link"
    assert len(web.connected) == 1


async def test_redirects_are_followed_five_times() -> None:
    steps: dict[str, bytes] = {
        f"/{step}": redirect(f"/{step + 1}", status)
        for step, status in enumerate(
            ["301 A", "302 B", "303 C", "307 D", "308 E", "302 F"]
        )
    }
    body = bytearray()
    async with serving({**steps, "/6": answer(b"end")}) as web:
        fetched = await web.fetcher.fetch(
            "http://example.org/1", ALLOWANCE, body.extend
        )
        kind, _ = await refusal(web, "http://example.org/0")

    assert (fetched.url, bytes(body)) == ("http://example.org/6", b"end")
    assert kind == "too_many_redirects"


async def test_the_next_address_is_tried() -> None:
    async with serving({"/": answer()}) as web:
        web.knows("example.org", ["2606:4700::1", "1.1.1.1", "1.0.0.1"])
        web.dead = {"2606:4700::1"}
        await web.fetcher.fetch("http://example.org/", ALLOWANCE, bytearray().extend)

    assert web.connected == ["2606:4700::1", "1.1.1.1"]


async def test_a_declared_size_is_believed_at_once() -> None:
    async with serving({"/": answer(content_length="100000000000")}) as web:
        told = await refusal(web)

    assert told == (
        "too_large",
        "This link leads to more than 0.000953674 MB, which is the most that is "
        "fetched.",
    )


async def test_an_endless_body_is_cut() -> None:
    sent = 0

    async def pour(_head: str, _writer: object) -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
        while True:
            sent += 65536
            yield bytes(65536)

    body = bytearray()
    async with serving({"/": pour}) as web:
        with pytest.raises(FetchRefused) as caught:
            await web.fetcher.fetch("http://example.org/", ALLOWANCE, body.extend)

    assert caught.value.type == "too_large"
    assert len(body) <= 1000
    assert sent < 32 * 1024 * 1024


async def test_a_compressed_body_is_not_opened() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    async with serving({"/": answer(bomb, content_encoding="gzip")}) as web:
        kind, _ = await refusal(web)

    assert kind == "bad_answer"


async def drip(_head: str, _writer: object) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
    while True:
        yield b"."
        await asyncio.sleep(0.02)


async def silence(_head: str, _writer: object) -> AsyncIterator[bytes]:
    await asyncio.sleep(30)
    yield b""


async def endless_head(_head: str, _writer: object) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-Filler: " + b"x" * 1000 + b"\r\n"


async def endless_early_hints(_head: str, _writer: object) -> AsyncIterator[bytes]:
    while True:
        yield b"HTTP/1.1 103 Early Hints\r\n\r\n"
        await asyncio.sleep(0.01)


async def slow_redirects(_head: str, _writer: object) -> AsyncIterator[bytes]:
    await asyncio.sleep(0.2)
    yield redirect("/")


@pytest.mark.parametrize(
    "slow",
    [drip, silence, endless_early_hints, slow_redirects],
    ids=lambda s: s.__name__,
)
async def test_time_is_limited_over_everything(slow: object) -> None:
    allowance = Allowance(10_000, 0.4, frozenset({"text/*"}))
    async with serving({"/": slow}) as web:  # type: ignore[dict-item]
        started = time.monotonic()
        told = await refusal(web, allowance=allowance)

    assert told == ("timed_out", "example.org took longer than 0.4 seconds.")
    assert time.monotonic() - started < 2


async def test_a_slow_look_up_counts_too() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(30)
        return []

    allowance = Allowance(10, 0.1, frozenset())
    with pytest.raises(FetchRefused) as caught:
        await Fetcher(resolve=resolve).fetch(
            "http://example.org/", allowance, bytearray().extend
        )

    assert caught.value.type == "timed_out"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
async def test_a_broken_answer_is_one(broken: bytes) -> None:
    async with serving({"/": broken}) as web:
        kind, _ = await refusal(web)

    assert kind == "bad_answer"


async def test_an_endless_head_is_one() -> None:
    async with serving({"/": endless_head}) as web:
        kind, _ = await refusal(web)

    assert kind == "bad_answer"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("404 Not Found", "404 (there is nothing at this link)."),
        ("403 Forbidden", "403 (it is not open to everybody)."),
        ("503 Busy", "503 (try again later)."),
        ("206 Partial", "206."),
        ("304 Same", "304."),
        ("418 Teapot", "418."),
    ],
)
async def test_only_200_is_taken(status: str, words: str) -> None:
    async with serving({"/": answer(b"", status)}) as web:
        told = await refusal(web)

    assert told == ("bad_status", f"example.org answered with the status {words}")


@pytest.mark.parametrize("media_type", ["video/mp4", "application/zip", "image/png"])
async def test_other_types_are_refused_before_their_body(media_type: str) -> None:
    async with serving({"/": answer(content_type=media_type)}) as web:
        told = await refusal(web)

    assert told == (
        "wrong_type",
        f"This link leads to {media_type}, which cannot be read.",
    )


async def test_a_body_without_a_type_is_taken() -> None:
    async with serving({"/": b"HTTP/1.0 200 OK\r\n\r\nwords"}) as web:
        fetched = await web.fetcher.fetch(
            "http://example.org/", ALLOWANCE, bytearray().extend
        )

    assert (fetched.media_type, fetched.charset, fetched.size_bytes) == ("", "", 5)


@given(st.text(max_size=80))
def test_any_content_type_is_read(header: str) -> None:
    for text in (
        header,
        f"text/plain; charset={header}",
        f"text/plain; charset*={header}",
    ):
        media_type, charset = _content_type(text)
        assert isinstance(media_type, str)
        assert isinstance(charset, str)


async def test_the_number_at_once_is_limited() -> None:
    async with serving({"/": silence}) as web:
        fetcher = web.fetcher
        running = [
            asyncio.create_task(
                fetcher.fetch("http://example.org/", ALLOWANCE, bytearray().extend)
            )
            for _ in range(FETCHES_AT_ONCE)
        ]
        await asyncio.sleep(0)
        with pytest.raises(FetchRefused) as caught:
            await fetcher.fetch("http://example.org/", ALLOWANCE, bytearray().extend)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        allowance = Allowance(10, 0.1, frozenset())
        kind = await refusal_of(fetcher, allowance)

    assert (caught.value.type, kind) == ("busy", "timed_out")


async def refusal_of(fetcher: Fetcher, allowance: Allowance) -> str:
    with pytest.raises(FetchRefused) as caught:
        await fetcher.fetch("http://example.org/", allowance, bytearray().extend)
    return caught.value.type


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_the_real_fetcher_does_not_reach_the_loopback(host: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        await Fetcher().fetch(f"http://{host}/", ALLOWANCE, bytearray().extend)

    assert caught.value.type == "unreachable"


async def test_the_real_transport_connects_to_addresses() -> None:
    async with serving({"/": answer(b"Hello")}) as web:
        request = httpx.Request("GET", f"http://127.0.0.1:{web.port}/")
        async with open_transport() as transport:
            response = await transport.handle_async_request(request)
            body = await response.aread()

    assert (response.status_code, body) == (200, b"Hello")


def test_the_machine_knows_the_loopback() -> None:
    """What the test above leans on: otherwise it would pass for another reason."""
    assert socket.gethostbyname("localhost").startswith("127.")
