r"""Markdown rules for formulas: $…$, $$…$$, \(…\) and \[…\].

They only find the TeX source; the browser draws it. static/js/markdown-math.js
holds the same rules.
"""

from bisect import bisect_left

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MAX_FORMULA_LENGTH = 5_000  # ours: a formula of a page; KaTeX slows down above

_CLOSERS = {"$$": "$$", "$": "$", "\\(": "\\)", "\\[": "\\]"}
_BLOCK_OPENERS = ("$$", "\\[")
_DIGITS = "0123456789"


def math_plugin(md: MarkdownIt) -> None:
    """Add the inline and the block rule."""
    md.inline.ruler.before("escape", "math_inline", _inline)
    md.block.ruler.before(
        "fence",
        "math_block",
        _block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )


def _inline(state: StateInline, silent: bool) -> bool:
    opener = next((o for o in _CLOSERS if state.src.startswith(o, state.pos)), None)
    if opener is None or not _may_open(state, opener):
        return False
    start = state.pos + len(opener)
    end = _next_closer(state, opener, start)
    tex = state.src[start:end].strip(" \t\n")
    if end < 0 or not tex or len(tex) > MAX_FORMULA_LENGTH:
        return False
    if end + len(_CLOSERS[opener]) > state.posMax:
        return False
    if opener == "$" and "`" in tex:  # more likely money and a code span
        return False
    if not silent:
        token = state.push("math_inline", "span", 0)
        token.content = tex
        token.markup = opener
    state.pos = end + len(_CLOSERS[opener])
    return True


def _may_open(state: StateInline, opener: str) -> bool:
    """Tell a formula's dollar from money: no space may follow it."""
    if opener != "$":
        return True
    before = state.src[state.pos - 1] if state.pos else ""
    after = state.src[state.pos + 1 : state.pos + 2]
    return before != "$" and after not in ("", " ", "\t", "\n")


def _next_closer(state: StateInline, opener: str, start: int) -> int:
    """Return the first place at or after `start` that closes `opener`, or -1."""
    # Found once per text: looking ahead from every dollar sign would be quadratic.
    known: dict[str, list[int]] = vars(state).setdefault("math_closers", {})
    if opener not in known:
        known[opener] = _closers(state.src, opener)
    index = bisect_left(known[opener], start)
    return known[opener][index] if index < len(known[opener]) else -1


def _closers(src: str, opener: str) -> list[int]:
    closer = _CLOSERS[opener]
    found = []
    position = src.find(closer)
    while position >= 0:
        before = src[position - 1] if position else ""
        after = src[position + len(closer) : position + len(closer) + 1]
        if opener == "$":
            # "$5 and $10": no space before it, no digit after it.
            fits = before not in ("", " ", "\t", "\n", "\\", "$")
            fits = fits and after != "$" and (after == "" or after not in _DIGITS)
        else:
            fits = before != "\\"
        if fits:
            found.append(position)
        position = src.find(closer, position + 1)
    return found


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(start_line):
        return False
    first = _line(state, start_line)
    opener = next((o for o in _BLOCK_OPENERS if first.startswith(o)), None)
    if opener is None:
        return False
    closer = _CLOSERS[opener]
    if closer in first[len(opener) :]:
        last_line = start_line
    else:
        last_line = _closing_line(state, start_line, end_line, opener)
    if last_line < 0 or not _line(state, last_line).endswith(closer):
        return False
    lines = state.getLines(start_line, last_line + 1, state.blkIndent, False)
    source = lines.strip(" \t\n")[len(opener) : -len(closer)]
    tex = source.strip(" \t\n")
    if not tex or len(tex) > MAX_FORMULA_LENGTH or closer in source:
        return False
    if not silent:
        token = state.push("math_block", "div", 0)
        token.block = True
        token.content = tex
        token.markup = opener
        token.map = [start_line, last_line + 1]
        state.line = last_line + 1
    return True


def _closing_line(
    state: StateBlock, start_line: int, end_line: int, opener: str
) -> int:
    """Return the line below `start_line` that holds the closing delimiter, or -1.

    A blank line, the end of the block around it or too much text ends the search.
    """
    # Where the last search stopped: no line before that one holds a closer.
    stops: dict[tuple[str, int, int], int] = state.env.setdefault("math_stops", {})
    key = (opener, state.blkIndent, end_line)
    line = max(start_line + 1, stops.get(key, 0))
    while (
        line < end_line
        and not state.isEmpty(line)
        and state.sCount[line] >= state.blkIndent
        and _CLOSERS[opener] not in _line(state, line)
    ):
        line += 1
    stops[key] = line
    if line >= end_line or state.isEmpty(line) or state.sCount[line] < state.blkIndent:
        return -1
    if state.eMarks[line] - state.bMarks[start_line] > 2 * MAX_FORMULA_LENGTH:
        return -1
    return line


def _line(state: StateBlock, line: int) -> str:
    begin = state.bMarks[line] + state.tShift[line]
    return state.src[begin : state.eMarks[line]].rstrip(" \t")
