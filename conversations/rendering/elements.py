"""Markdown tokens as HTML: the one list of elements that an answer may contain.

Everything is escaped here, as the last step; static/js/markdown-elements.js builds
the same elements as DOM nodes.
"""

import re
from collections.abc import Callable, Sequence

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from conversations.rendering.limits import MAX_INLINE_DEPTH
from conversations.rendering.markers import pieces, split_markers
from conversations.rendering.urls import is_external, safe_href

type Chip = Callable[[int], str]

# A message's own heading is an h3, so an answer's begin at h4.
TOP_HEADING, LAST_HEADING = 4, 6

_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,40}")
_TASK = re.compile(r"\[([ xX])\][ \t\n]")
_PLAIN_TAGS = {
    "blockquote_open": '<blockquote dir="auto">',
    "blockquote_close": "</blockquote>",
    "bullet_list_open": '<ul dir="auto">',
    "bullet_list_close": "</ul>",
    "ordered_list_close": "</ol>",
    "list_item_close": "</li>",
    "paragraph_open": '<p dir="auto">',
    "paragraph_close": "</p>",
    "hr": "<hr>",
    "table_open": '<div class="table" role="group" aria-label="Table" tabindex="0">'
    '<table dir="auto">',
    "table_close": "</table></div>",
    "thead_open": "<thead>",
    "thead_close": "</thead>",
    "tbody_open": "<tbody>",
    "tbody_close": "</tbody>",
    "tr_open": "<tr>",
    "tr_close": "</tr>",
    "th_close": "</th>",
    "td_close": "</td>",
}


def to_html(tokens: Sequence[Token], chip: Chip | None) -> SafeString:
    """Return the HTML of a parsed message; `chip` draws a citation by its number."""
    writer = _Writer(chip)
    for index, token in enumerate(tokens):
        writer.write_block(token, tokens[index + 1 : index + 3])
    return mark_safe("".join(writer.parts))  # noqa: S308 - every part is escaped


class _Writer:
    """Collects the HTML of one message."""

    def __init__(self, chip: Chip | None) -> None:
        self.parts: list[str] = []
        self._chip = chip
        self._heading_shift: int | None = None
        self._headings: list[int] = []
        self._task = ""
        self._inline: list[str] = []  # closing tags; "" for what is shown as text
        self._held: list[int] = []  # sources cited inside a link, shown behind it
        self._link_depth = 0

    def write_block(self, token: Token, ahead: Sequence[Token]) -> None:
        if token.hidden:
            return
        match token.type:
            case "inline":
                self._write_inline(token)
            case "heading_open" | "heading_close":
                self._write_heading(token)
            case "ordered_list_open":
                self._write_ordered_list(token)
            case "list_item_open":
                self._write_item(ahead)
            case "th_open" | "td_open":
                self._write_cell(token)
            case "fence" | "code_block":
                self._write_code_block(token)
            case "math_block":
                tex, numbers = split_markers(token.content)
                self._add(
                    f'<div class="math math--display" data-tex>{escape(tex)}</div>'
                )
                self._write_citations(numbers)
            case "plain":
                self._add('<p dir="auto">')
                self._write_text(token.content)
                self._add("</p>")
            case _:
                self._add(_PLAIN_TAGS[token.type])

    def _add(self, html: str) -> None:
        self.parts.append(html)

    def _write_heading(self, token: Token) -> None:
        if token.nesting < 0:
            self._add(f"</h{self._headings.pop()}>")
            return
        level = int(token.tag[1:])
        if self._heading_shift is None:
            # The first heading follows the message's, whatever its level, so that
            # none is skipped; the others keep their distance from it.
            self._heading_shift = TOP_HEADING - level
        shifted = min(max(level + self._heading_shift, TOP_HEADING), LAST_HEADING)
        self._headings.append(shifted)
        self._add(f'<h{shifted} class="heading heading--{level}" dir="auto">')

    def _write_ordered_list(self, token: Token) -> None:
        start = token.attrGet("start")
        attribute = "" if start is None else f' start="{int(start)}"'
        self._add(f'<ol dir="auto"{attribute}>')

    def _write_item(self, ahead: Sequence[Token]) -> None:
        self._task = _task_mark(ahead)
        self._add('<li class="task">' if self._task else "<li>")

    def _write_cell(self, token: Token) -> None:
        scope = ' scope="col"' if token.tag == "th" else ""
        style = str(token.attrGet("style") or "")
        # A class, because the policy of the page forbids style attributes.
        align = style.removeprefix("text-align:")
        attribute = f' class="align-{align}"' if align else ""
        self._add(f"<{token.tag}{scope}{attribute}>")

    def _write_code_block(self, token: Token) -> None:
        text, numbers = split_markers(token.content)
        language = _language(token.info)
        label = f"Code, {language}" if language else "Code"
        attribute = f' class="language-{escape(language)}"' if language else ""
        self._add(
            '<div class="code"><div class="code__bar">'
            f'<span class="code__language">{escape(language)}</span></div>'
            '<div class="code__scroll" role="group" tabindex="0" '
            f'aria-label="{escape(label)}">'
            # The parser of HTML drops one line break after <pre>, not after <code>.
            f"<pre><code{attribute}>{escape(text)}</code></pre></div></div>"
        )
        self._write_citations(numbers)

    def _write_citations(self, numbers: list[int]) -> None:
        if numbers and self._chip:
            self._add('<p class="citations">')
            self._write_chips(numbers)
            self._add("</p>")

    def _write_chips(self, numbers: Sequence[int]) -> None:
        if self._link_depth:  # a link may not hold another one
            self._held.extend(numbers)
        elif self._chip:
            self.parts.extend(conditional_escape(self._chip(n)) for n in numbers)

    def _write_inline(self, token: Token) -> None:
        children = token.children or []
        if self._task:
            self._add(_check_box(self._task))
            # "[x]" leaves, the space behind it stays between box and text.
            children[0].content = children[0].content[3:]
            self._task = ""
        for child in children:
            self._write_inline_token(child)

    def _write_inline_token(self, token: Token) -> None:
        match token.type:
            case "text":
                self._write_text(token.content)
            case "softbreak":
                self._add("\n")
            case "hardbreak":
                self._add("<br>")
            case "code_inline":
                self._write_around(token.content, "<code>", "</code>")
            case "math_inline":
                display = token.markup in ("$$", "\\[")
                name = "math math--display" if display else "math"
                self._write_around(
                    token.content, f'<span class="{name}" data-tex>', "</span>"
                )
            case "image":
                self._write_image(token)
            case "link_open":
                self._open(_link_tag(token, ""), "</a>", "")
                self._link_depth += 1
            case "link_close":
                self._close("")
                self._link_depth -= 1
                held, self._held = self._held, []
                self._write_chips(held)
            case "em_open" | "strong_open" | "s_open":
                self._open(f"<{token.tag}>", f"</{token.tag}>", token.markup)
            case "em_close" | "strong_close" | "s_close":
                self._close(token.markup)
            case _:
                self._write_text(token.content)

    def _write_text(self, text: str) -> None:
        for piece in pieces(text):
            if isinstance(piece, int):
                self._write_chips([piece])
            else:
                self._add(escape(piece))

    def _write_around(self, text: str, opening: str, closing: str) -> None:
        content, numbers = split_markers(text)
        self._add(f"{opening}{escape(content)}{closing}")
        self._write_chips(numbers)

    def _write_image(self, token: Token) -> None:
        """Write a link: loading a picture would tell its server what was said."""
        text, numbers = split_markers(_plain_text(token.children or []))
        source = str(token.attrGet("src") or "")
        label = escape(text or source)
        if self._link_depth:
            self._add(label)
        else:
            self._add(f"{_link_tag(token, 'remote-image')}{label}</a>")
        self._write_chips(numbers)

    def _open(self, opening: str, closing: str, markup: str) -> None:
        if len(self._inline) < MAX_INLINE_DEPTH:
            self._inline.append(closing)
            self._add(opening)
        else:
            self._inline.append("")
            self._add(escape(markup))

    def _close(self, markup: str) -> None:
        self._add(self._inline.pop() or escape(markup))


def _task_mark(ahead: Sequence[Token]) -> str:
    """Return the mark of the task list item that these tokens begin, or ""."""
    if len(ahead) < 2 or ahead[0].type != "paragraph_open":
        return ""
    children = ahead[1].children or []
    found = _TASK.match(ahead[1].content)
    if not found or not children or children[0].type != "text":
        return ""
    # Not a link: `[x]` can be defined as one.
    return found[1] if children[0].content.startswith(found[0][:3]) else ""


def _check_box(mark: str) -> str:
    if mark == " ":
        return '<input type="checkbox" disabled aria-label="To do">'
    return '<input type="checkbox" disabled checked aria-label="Done">'


def _language(info: str) -> str:
    word = info.split()[0] if info.split() else ""
    return word if _LANGUAGE.fullmatch(word) else ""


def _link_tag(token: Token, css_class: str) -> str:
    url, _ = split_markers(str(token.attrGet("href") or token.attrGet("src") or ""))
    href = safe_href(url)
    attributes = [f'class="{css_class}"'] if css_class else []
    if href is not None:
        attributes.append(f'href="{escape(href)}"')
        if is_external(href):
            attributes.append('target="_blank" rel="noopener noreferrer nofollow"')
    if title := token.attrGet("title"):
        attributes.append(f'title="{escape(split_markers(str(title))[0])}"')
    return f"<a {' '.join(attributes)}>" if attributes else "<a>"


def _plain_text(tokens: Sequence[Token]) -> str:
    """Return the text of an image's description, without its markup."""
    parts = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "image":
            parts.append(_plain_text(token.children or []))
        else:
            parts.append(token.content)
    return "".join(parts)
