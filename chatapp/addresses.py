"""The addresses this installation answers at: full origins, and nothing looser."""

from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host and port, as RFC 6454 compares them. `host` has no brackets."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.port == DEFAULT_PORTS.get(self.scheme):
            return f"{self.scheme}://{host}"
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def django_host(self) -> str:
        """The host as ALLOWED_HOSTS spells it."""
        return f"[{self.host}]" if ":" in self.host else self.host


def parse_origin(text: str) -> Origin:
    """Parse `scheme://host[:port]`; raise ValueError for anything else."""
    url = urlsplit(text)
    if url.scheme not in DEFAULT_PORTS:
        raise ValueError("the scheme is neither http nor https")
    if not url.hostname or url.username is not None or url.password is not None:
        raise ValueError("it needs a host, and no user name")
    # A stray "?" or "#" vanishes in urlsplit, so the text itself is looked at too.
    if url.path or url.query or url.fragment or text[-1] in "?#":
        raise ValueError("something follows the host and port")
    _check_host(url.netloc, url.hostname)
    return Origin(
        url.scheme,
        url.hostname,
        DEFAULT_PORTS[url.scheme] if url.port is None else url.port,
    )


def _check_host(netloc: str, host: str) -> None:
    if netloc.endswith(":"):
        raise ValueError("the port is empty")
    if netloc.startswith("["):
        IPv6Address(host)
    elif not all(c.isascii() and (c.isalnum() or c in "-._") for c in host):
        raise ValueError("the host holds a character that host names do not have")


def public_origin(public_url: str) -> Origin | None:
    """Return the origin that PUBLIC_URL names, or None when it is not set."""
    if not public_url:
        return None
    try:
        return parse_origin(public_url.removesuffix("/"))
    except ValueError as error:
        raise ImproperlyConfigured(
            "PUBLIC_URL must be the address people type, such as "
            f"https://chat.example.com, but it is {public_url!r} ({error}). "
            "Give scheme, host and, if needed, port, without a path."
        ) from error


def trusted_origins(
    public: Origin | None, port: int, allowed_hosts: list[str]
) -> list[str]:
    """Return every origin a browser may come from, the one to advertise first.

    Without PUBLIC_URL that is this machine under its three names. A host in
    `allowed_hosts` is added with the scheme and, unless it names one, the port
    of the first origin.
    """
    if public is None:
        origins = [
            Origin("http", host, port) for host in ("localhost", "127.0.0.1", "::1")
        ]
    else:
        origins = [public]
    origins += [_allowed_origin(host, origins[0]) for host in allowed_hosts]
    return list(dict.fromkeys(str(origin) for origin in origins))


def _allowed_origin(host: str, first: Origin) -> Origin:
    if "*" in host or host.startswith("."):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS must list exact host names, but it holds {host!r}, which would "
            "let any site that reaches this server open a socket in your name. Name each "
            "host, or set PUBLIC_URL to the address people type."
        )
    try:
        named = parse_origin(f"{first.scheme}://{host}")
    except ValueError as error:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS must list host names such as chat.example.com or "
            f"192.168.1.5:8000, but it holds {host!r} ({error}). Correct the list."
        ) from error
    has_port = host.rpartition("]")[2].count(":") == 1
    return named if has_port else named._replace(port=first.port)
