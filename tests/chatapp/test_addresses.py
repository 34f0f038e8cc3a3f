"""Origins are compared whole, and nothing loose gets into the list."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatapp.addresses import Origin, parse_origin, public_origin, trusted_origins


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://chat.example.com:443", "https://chat.example.com"),
        ("http://chat.example.com:80", "http://chat.example.com"),
        ("HTTPS://Chat.Example.COM", "https://chat.example.com"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(text: str, expected: str) -> None:
    assert str(parse_origin(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "chat.example.com",
        "ftp://chat.example.com",
        "http://",
        "http://user@chat.example.com",
        "http://chat.example.com/path",
        "http://chat.example.com/",
        "http://chat.example.com?",
        "http://chat.example.com#",
        "http://chat.example.com:",
        "http://chat.example.com:99999",
        "http://chat.example.com:80a",
        "http://chat example.com",
        "http://chat.example.com\\evil",
        "http://*.example.com",
        "http://[::g]",
    ],
)
def test_anything_else_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_origin(text)


def test_public_url_may_end_with_one_slash_and_nothing_more() -> None:
    expected = Origin("https", "chat.example.com", 443)

    assert public_origin("https://chat.example.com/") == expected
    assert public_origin("") is None
    with pytest.raises(ImproperlyConfigured) as refusal:
        public_origin("chat.example.com")
    assert str(refusal.value) == (
        "PUBLIC_URL must be the address people type, such as https://chat.example.com, "
        "but it is 'chat.example.com' (the scheme is neither http nor https). Give "
        "scheme, host and, if needed, port, without a path."
    )


def test_without_public_url_this_machine_is_trusted_under_its_three_names() -> None:
    assert trusted_origins(None, 8000, []) == [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
    ]


def test_with_public_url_only_that_is_trusted() -> None:
    public = parse_origin("https://chat.example.com")

    assert trusted_origins(public, 8000, []) == ["https://chat.example.com"]


def test_allowed_hosts_take_scheme_and_port_from_the_first_origin() -> None:
    public = parse_origin("https://chat.example.com")

    assert trusted_origins(
        public, 8000, ["chat.local", "10.0.0.5:8443", "[fd00::1]", "chat.example.com"]
    ) == [
        "https://chat.example.com",
        "https://chat.local",
        "https://10.0.0.5:8443",
        "https://[fd00::1]",
    ]


@pytest.mark.parametrize("host", ["*", "*.example.com", ".example.com"])
def test_wildcards_in_allowed_hosts_are_refused(host: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must list exact host names"):
        trusted_origins(None, 8000, [host])


@pytest.mark.parametrize("host", ["https://chat.example.com", "a/b", "a:b"])
def test_what_is_no_host_in_allowed_hosts_is_refused(host: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must list host names such as"):
        trusted_origins(None, 8000, [host])
