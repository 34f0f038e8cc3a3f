"""Citations as numbered sources: what a chip names and where it leads.

static/js/sources.js numbers the citations of a running answer by the same rules.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.rendering.urls import is_external, safe_href

# They tell how a place was found or what it says, not which place it is.
_NOT_THE_PLACE = {"cited_text", "encrypted_index", "file_id", "document_title"}


@dataclass(frozen=True)
class Document:
    """One document block of the request, in the order of Claude's document_index."""

    attachment_id: object
    title: str
    kind: str


@dataclass(frozen=True)
class Source:
    """One cited place. `key` is equal for equal places; `href` passed the URL rule."""

    number: int
    title: str
    where: str
    quote: str
    href: str | None
    key: str

    @property
    def rel(self) -> str:
        """Return the link's rel: only other sites may not know where one came from."""
        if self.href and is_external(self.href):
            return "noopener noreferrer nofollow"
        return "noopener"

    @property
    def name(self) -> str:
        """Return the name that a screen reader says for the chip."""
        what = ", ".join(part for part in (self.title, self.where) if part)
        return f"Source {self.number}: {what}" if what else f"Source {self.number}"


def number_citations(
    content: Iterable[Mapping[str, Any]], documents: Sequence[Document]
) -> list[Source]:
    """Return the sources of an answer, numbered from 1 in the order of first use."""
    sources: dict[str, Source] = {}
    for block in content:
        for citation in _citations_of(block):
            key = _key(citation)
            if key not in sources:
                sources[key] = _describe(len(sources) + 1, key, citation, documents)
    return list(sources.values())


def cited_numbers(block: Mapping[str, Any], sources: Iterable[Source]) -> list[int]:
    """Return the numbers of the sources that a text block cites, each once."""
    numbers = {source.key: source.number for source in sources}
    keys = dict.fromkeys(_key(citation) for citation in _citations_of(block))
    return [numbers[key] for key in keys if key in numbers]


def draw_chip(source: Source, message_id: object) -> SafeString:
    """Return the link that stands for a source in the text.

    It leads to the cited place, or else to the source's entry below the message.
    """
    if source.href is None:
        target = format_html('href="#source-{}-{}"', message_id, source.number)
    else:
        target = format_html(
            'href="{}" target="_blank" rel="{}"', source.href, source.rel
        )
    return format_html(
        '<a class="citation" {} data-source="{}" aria-label="{}">{}</a>',
        target,
        source.number,
        source.name,
        source.number,
    )


def _citations_of(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    citations = block.get("citations") if block.get("type") == "text" else None
    # `citations: {"enabled": true}` is what a request says, not a list of places.
    return citations if isinstance(citations, list) else []


def _key(citation: Mapping[str, Any]) -> str:
    place = {name: citation[name] for name in citation if name not in _NOT_THE_PLACE}
    if place.get("type") == "search_result_location":
        # As for a page of the web: whatever is quoted of it, it is one source.
        place = {"source": place.get("source"), "title": place.get("title")}
    return json.dumps(place, sort_keys=True)


def _describe(
    number: int,
    key: str,
    citation: Mapping[str, Any],
    documents: Sequence[Document],
) -> Source:
    document = _cited_document(citation, documents)
    url = str(citation.get("url") or citation.get("source") or "")
    where = _where(citation, url)
    title = document.title if document else ""
    return Source(
        number=number,
        title=title
        or str(citation.get("document_title") or citation.get("title") or where),
        where=where,
        quote=str(citation.get("cited_text") or ""),
        href=safe_href(url) if url else _document_href(citation, document),
        key=key,
    )


def _cited_document(
    citation: Mapping[str, Any], documents: Sequence[Document]
) -> Document | None:
    index = citation.get("document_index")
    if isinstance(index, int) and 0 <= index < len(documents):
        return documents[index]
    return None


def _document_href(
    citation: Mapping[str, Any], document: Document | None
) -> str | None:
    if document is None:
        return None
    href = f"/attachments/{document.attachment_id}/"
    page = citation.get("start_page_number")
    return safe_href(f"{href}#page={page}" if isinstance(page, int) else href)


def _where(citation: Mapping[str, Any], url: str) -> str:
    match citation:
        case {"start_page_number": int(first), "end_page_number": int(end)}:
            return _span("page", first, end - 1)  # the API's end is exclusive
        case {"start_char_index": int(first), "end_char_index": int(end)}:
            return f"characters {first}-{end}"
        case {"document_index": _, "start_block_index": int(first)}:
            # Counted from 0 by the API, from 1 by people.
            return _span("block", first + 1, citation.get("end_block_index", first + 1))
        case _:
            # A search result need not come from the web: its source may be any name.
            return _host(url) or str(citation.get("source") or "")


def _span(noun: str, first: int, last: int) -> str:
    return f"{noun}s {first}-{last}" if last > first else f"{noun} {first}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
