"""Markdown to HTML, for finished messages, search results, shares and the admin."""

from typing import Any

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

from conversations.rendering.elements import Chip, to_html
from conversations.rendering.limits import MAX_INLINE_LENGTH, limits_plugin
from conversations.rendering.markers import CLOSE, OPEN, shadow
from conversations.rendering.math import math_plugin

# Part of the key of cached HTML: raise it whenever the output changes.
RENDERER_VERSION = 4


def render_markdown(source: str, chip: Chip | None = None) -> SafeString:
    """Return the HTML of a Markdown text. Raw HTML in it is shown as text.

    `chip` draws the citation marker of a source number; without it markers vanish.
    The result holds no style attribute, no script and nothing that loads by itself.
    """
    tokens = _PARSER.parse(well_formed(source), {})
    return to_html(tokens, chip)


def well_formed(text: str) -> str:
    """Return the text with U+FFFD for lone surrogates, which no answer can carry."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _StateInline(StateInline):
    """Judges the characters around an emphasis mark as if markers were spaces."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self._shadow = shadow(src)

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        src, self.src = self.src, self._shadow
        try:
            return super().scanDelims(start, canSplitWord)
        finally:
            self.src = src


class _ParserInline(ParserInline):
    def parse(
        self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]
    ) -> list[Token]:
        if len(src) > MAX_INLINE_LENGTH:
            tokens.append(Token("text", "", 0, content=src))
            return tokens
        state = _StateInline(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _Linkifier:
    """Finds bare addresses; a marker ends one as a space does."""

    def __init__(self, linkify: Any) -> None:
        # Bare "//host" and ftp addresses would be refused as links anyway, and a
        # guess at "name.tld" takes file names such as README.md for hosts.
        linkify.add("//", None).add("ftp:", None).set({"fuzzy_link": False})
        self._linkify = linkify

    def pretest(self, text: str) -> Any:
        return self._linkify.pretest(text)

    def test(self, text: str) -> Any:
        return self._linkify.test(shadow(text))

    def match(self, text: str) -> Any:
        return self._linkify.match(shadow(text))

    def match_at_start(self, text: str) -> Any:
        return self._linkify.match_at_start(shadow(text))


def _drop_spelt_markers(state: StateCore) -> None:
    """Remove marker characters that the text spells as entities."""
    for block in state.tokens:
        for token in block.children or []:
            if token.type == "text_special" and token.content in (OPEN, CLOSE):
                token.content = ""


def _make_parser() -> MarkdownIt:
    md = MarkdownIt("js-default", {"html": False, "linkify": True})
    md.inline = _ParserInline()
    md.linkify = _Linkifier(md.linkify)
    # Every link is kept and judged by `safe_href` when its element is written.
    md.validateLink = lambda url: True  # type: ignore[method-assign]
    md.use(math_plugin).use(limits_plugin)
    md.core.ruler.before("text_join", "drop_spelt_markers", _drop_spelt_markers)
    return md


_PARSER = _make_parser()
