import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.fetching.errors import FetchRefused
from conversations.fetching.links import follow, host_of, read_link


@pytest.mark.parametrize(
    ("link", "host", "whole"),
    [
        ("https://example.org", "example.org", "https://example.org"),
        ("HTTP://Example.ORG/A?b=%20c#d", "example.org", "http://example.org/A?b=%20c"),
        ("https://example.org:443/", "example.org", "https://example.org/"),
        ("https://bücher.example/ä", "xn--bcher-kva.example",
         "https://xn--bcher-kva.example/%C3%A4"),
        ("http://example.org./", "example.org.", "http://example.org./"),
        ("http://8.8.8.8/", "8.8.8.8", "http://8.8.8.8/"),
        ("http://[2606:4700::1]/", "2606:4700::1", "http://[2606:4700::1]/"),
        ("http://a_b.example/@x", "a_b.example", "http://a_b.example/@x"),
    ],
)  # fmt: skip
def test_a_link_names_one_server(link: str, host: str, whole: str) -> None:
    url = read_link(link)

    assert (host_of(url), str(url)) == (host, whole)


BAD = [
    "",
    "example.org",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://example.org/",
    "gopher://example.org/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http://",
    "http:///path",
    "http:example.org",
    "https://user@example.org/",
    "https://user:secret@example.org/",
    "https://example.org@127.0.0.1/",
    "http://example.org\\@127.0.0.1/",
    "http:\\\\example.org/",
    "http://example.org /",
    " http://example.org/",
    "http://exam\nple.org/",
    "http://exam\tple.org/",
    "http://example.org/\r\nHost: other",
    "http://example.org/\x00",
    "http://example.org:22/",
    "http://example.org:443/",
    "https://example.org:80/",
    "http://example.org:8080/",
    "http://example.org:0/",
    "http://example.org:99999999999/",
    "http://example.org:port/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://1.2.3.4.5/",
    "http://127.0.0.1.0x/",
    "http://%31%32%37.0.0.1/",
    "http://exa%6dple.org/",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://-example.org/",
    "http://exa mple.org/",
    "http://exam<ple>.org/",
    "http://example.org|x/",
    "http://" + "a" * 2000,
]


@pytest.mark.parametrize("link", BAD)
def test_everything_else_is_refused(link: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        read_link(link)

    assert caught.value.type == "bad_link"
    assert caught.value.message.endswith(".")
    assert "secret" not in caught.value.message


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for link in (text, f"http://{text}", f"https://example.org/{text}"):
        try:
            url = read_link(link)
        except FetchRefused:
            continue
        assert url.scheme in ("http", "https")
        assert url.port is None
        assert host_of(url)


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("/b", "https://example.org/b"),
        ("c?d", "https://example.org/a/c?d"),
        ("//other.example/x", "https://other.example/x"),
        ("http://other.example", "http://other.example"),
        ("", "https://example.org/a/"),
    ],
)
def test_a_redirect_is_followed_from_where_it_stands(location: str, where: str) -> None:
    assert str(follow(httpx.URL("https://example.org/a/"), location)) == where


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "http://u:p@example.org/", "http://example.org:6379/",
     "http://127.1/", "http://[", "\\\\127.0.0.1\\x", "https://exam ple.org/",
     "javascript:alert(1)", "http:///x"],
)  # fmt: skip
def test_a_redirect_is_checked_like_a_link(location: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        follow(httpx.URL("https://example.org/a/"), location)

    assert caught.value.type == "bad_link"
