"""Web pages: what a reader would read of them."""

import re
import sys
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

from conversations.attachments.conversions.markup import markdown_of_tree
from conversations.attachments.errors import UploadRefused
from conversations.attachments.parts import Part
from conversations.attachments.text import decode, text_parts

# Not for readers, or nothing without a program.
UNREAD = ("script", "style", "noscript", "template", "svg", "iframe", "object",
          "canvas", "button", "input", "select", "textarea")  # fmt: skip
META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
META_BYTES = 2048  # HTML wants the declaration in the first 1024
MAX_DEPTH = 512  # what Chromium draws; pages have some 30 levels
MAX_FRAMES = 5_000  # ours: six of Python's for each level, and room
BLOCKS = ("address", "article", "aside", "blockquote", "details", "div", "dl",
          "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
          "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table",
          "ul")  # fmt: skip
# The end tags that HTML lets authors leave out: a start tag ends these elements, unless
# one of those stands between (HTML standard, optional tags).
ENDED = {
    "li": ({"li"}, {"ul", "ol", "menu"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "tr": ({"tr"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    **dict.fromkeys(BLOCKS, ({"p"}, {"table", "td", "th", "caption", "li", "dd"})),
}
# Encodings that pages are written in; Python knows others that are no encodings.
ENCODINGS = {
    *("big5", "gb18030", "gb2312", "gbk", "euc-jp", "iso-2022-jp", "shift_jis"),
    *("euc-kr", "koi8-r", "koi8-u", "macintosh", "tis-620"),
    *(f"windows-{number}" for number in range(1250, 1259)),
    *(f"iso-8859-{number}" for number in (*range(1, 12), 13, 14, 15, 16)),
}


def read_html(content: bytes) -> Iterator[Part]:
    """Yield the text of a web page as Markdown, then its facts. Raises UploadRefused."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(MAX_FRAMES)
    try:
        text = _text_of(_decoded(content))
    finally:
        sys.setrecursionlimit(usual)
    yield from text_parts(text, "This web page", "html")


class _Page(BeautifulSoup):
    """A page in which a paragraph, a list item or a cell ends where the next begins."""

    def handle_starttag(self, name: str, *args: Any, **options: Any) -> Tag | None:
        """Take a start tag, after the end tags that go without saying."""
        if len(self.tagStack) > MAX_DEPTH:
            raise UploadRefused(
                "file_too_complex",
                f"This web page is nested more than {MAX_DEPTH} levels deep. Save it as"
                " PDF and attach that.",
            )
        ended, borders = ENDED.get(name, ((), ()))
        for element in reversed(self.tagStack):
            if element.name in borders:
                break
            if element.name in ended:
                self.handle_endtag(element.name)
                break
        return super().handle_starttag(name, *args, **options)


def _text_of(page: str) -> str:
    tree = _Page(page, "html.parser")
    for element in tree(UNREAD):
        element.decompose()
    # Comments, declarations and processing instructions, some of which would be text.
    for aside in tree(string=lambda text: isinstance(text, PreformattedString)):
        aside.extract()
    title = ""
    if tree.title:
        title = " ".join(tree.title.extract().get_text().split())
    body = markdown_of_tree(tree)
    return f"{title}\n\n{body}" if title and title not in body[:1000] else body


def _decoded(content: bytes) -> str:
    declared = META_CHARSET.search(content[:META_BYTES])
    encoding = declared[1].decode("ascii").lower() if declared else ""
    if encoding in ("iso-8859-1", "latin1"):
        encoding = "windows-1252"  # as all browsers read it
    if encoding in ENCODINGS:
        return content.decode(encoding, "replace")
    return decode(content)
