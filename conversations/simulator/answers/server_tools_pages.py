"""The web of the simulator: a few pages about anything, made from what is asked."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from conversations.simulator.validation.tools_results import SEALED
from conversations.simulator.wire import Block, Json

# Names that are kept free for examples (RFC 2606).
HOSTS = ("example.org", "example.com", "example.net")
KINDS = (
    ("an overview", "is described here in a few sentences", "November 3, 2026"),
    ("questions and answers", "is what people ask about most", None),
    ("the latest", "was in the news of the simulator", "November 20, 2026"),
)
MOST_SHOWN = 150  # characters of `cited_text` (API guide, citations)


@dataclass(frozen=True)
class Page:
    """A page that no server has."""

    url: str
    title: str
    text: str
    age: str | None

    def as_result(self) -> Block:
        """Return the page as a search finds it."""
        return {
            "type": "web_search_result",
            "url": self.url,
            "title": self.title,
            "page_age": self.age,
            "encrypted_content": sealed(self.text),
        }

    def citation(self) -> Block:
        """Return the place of its first sentence."""
        return {
            "type": "web_search_result_location",
            "url": self.url,
            "title": self.title,
            "encrypted_index": sealed(self.url),
            "cited_text": self.text[:MOST_SHOWN],
        }


def find_pages(query: str, tool: Json) -> list[Page]:
    """Return the pages for a query, on the sites that the declaration allows."""
    topic = query.strip().rstrip("?.!") or "nothing"
    slug = "-".join(topic.lower().split())[:60]
    hosts = _hosts(tool)
    return [
        Page(
            f"https://{hosts[place % len(hosts)]}/{slug}/{place + 1}",
            f"{topic[:1].upper()}{topic[1:]}: {kind}",
            f"{topic[:1].upper()}{topic[1:]} {words}. This page does not exist.",
            age,
        )
        for place, (kind, words, age) in enumerate(KINDS)
        if hosts
    ]


def is_allowed(url: str, tool: Json) -> bool:
    """Return whether a declaration lets a page be opened."""
    address = url.partition("://")[2]
    allowed = tool.get("allowed_domains")
    blocked = tool.get("blocked_domains") or []
    return not _is_on(address, blocked) and (not allowed or _is_on(address, allowed))


def sealed(text: str) -> str:
    """Return a text as only the API can read it: not at all, but the same each time."""
    digest = hashlib.sha256(text.encode()).digest()
    return SEALED + base64.b64encode(digest).decode()


def _hosts(tool: Json) -> tuple[str, ...]:
    allowed = tool.get("allowed_domains")
    blocked = tool.get("blocked_domains") or []
    hosts = tuple(allowed) if allowed else HOSTS
    return tuple(host for host in hosts if not _is_on(host, blocked))


def _is_on(address: str, domains: Iterable[str]) -> bool:
    host, _, path = address.partition("/")
    host = host.partition(":")[0].lower()
    for domain in domains:
        name, _, folder = domain.lower().partition("/")
        if (host == name or host.endswith(f".{name}")) and path.startswith(folder):
            return True
    return False
