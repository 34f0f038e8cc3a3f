"""Reads a link, once: what it is checked by is what is connected to."""

import re
from ipaddress import IPv4Address

import httpx

from .errors import FetchRefused

MAX_LINK_CHARACTERS = 2000  # ours: longer than any link that people pass on
WEB_PORTS = {"http": 80, "https": 443}
# Where programs disagree about what is the host: blanks, controls, backslashes.
AMBIGUOUS = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
# What some resolvers read as a number, octal and hexadecimal too (WHATWG URL).
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def read_link(text: str) -> httpx.URL:
    """Return the address that a link names, without its fragment.

    Raises FetchRefused `bad_link` for everything but plain http and https.
    """
    if len(text) > MAX_LINK_CHARACTERS:
        raise _bad(f"This link is longer than {MAX_LINK_CHARACTERS:,} characters.")
    if AMBIGUOUS.search(text):
        raise _bad("This link holds a blank, a backslash or an invisible character.")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise _bad("This is no link.") from error
    return checked(url)


def follow(origin: httpx.URL, location: str) -> httpx.URL:
    """Return where a redirect leads. Raises FetchRefused `bad_link`."""
    if AMBIGUOUS.search(location):
        raise _bad("The server redirects to something that is no link.")
    try:
        return checked(origin.join(location))
    except httpx.InvalidURL as error:
        raise _bad("The server redirects to something that is no link.") from error


def checked(url: httpx.URL) -> httpx.URL:
    """Return the address without its fragment. Raises FetchRefused `bad_link`."""
    if url.scheme not in WEB_PORTS or not url.host:
        raise _bad("A link must begin with http:// or https:// and name a server.")
    if url.userinfo:
        raise _bad("A link must not hold a user name or a password.")
    if not _is_host(host_of(url)):
        raise _bad("This link does not name a server in a way that is understood.")
    # Also a port that says what is usual anyway: nobody needs the other ones.
    if url.port not in (None, WEB_PORTS[url.scheme]):
        raise _bad(
            f"Only the usual ports of the web are fetched from, not port {url.port}."
        )
    return url.copy_with(fragment=None)


def host_of(url: httpx.URL) -> str:
    """Return the server's name as it is looked up: lower case, IDNA."""
    return url.raw_host.decode("ascii")


def _is_host(host: str) -> bool:
    if ":" in host:
        return "%" not in host  # An IPv6 address by httpx's reading, of no one link.
    if not HOST.fullmatch(host):
        return False
    if not NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return True
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _bad(message: str) -> FetchRefused:
    return FetchRefused("bad_link", message)
