"""HTML as Markdown, which keeps headings, lists, tables and links for Claude."""

import re
from typing import Any

from bs4 import BeautifulSoup
from markdownify import ATX, MarkdownConverter

MANY_BLANK_LINES = re.compile(r"\n[^\S\n]*(\n[^\S\n]*){2,}")
LINKS = ("http://", "https://", "mailto:")


class _Converter(MarkdownConverter):
    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        """Return the words for a picture: its bytes or its address say nothing."""
        alt = " ".join((el.get("alt") or "").split())
        return f"[Picture: {alt}]" if alt else ""

    def convert_a(self, el: Any, text: str, parent_tags: Any) -> str:
        """Return a link only where it leads somewhere outside of the document."""
        if not (el.get("href") or "").lower().startswith(LINKS):
            return text
        converted: str = super().convert_a(el, text, parent_tags)  # type: ignore[misc]
        return converted


def markdown_of(markup: str) -> str:
    """Return HTML as Markdown."""
    return markdown_of_tree(BeautifulSoup(markup, "html.parser"))


def markdown_of_tree(tree: BeautifulSoup) -> str:
    """Return a parsed page as Markdown."""
    converter = _Converter(
        heading_style=ATX,
        bullets="-",
        # The text is read, not rendered: marks that mean nothing need no escape.
        escape_asterisks=False,
        escape_underscores=False,
        escape_misc=False,
    )
    text: str = converter.convert_soup(tree)
    return MANY_BLANK_LINES.sub("\n\n", text).strip()
