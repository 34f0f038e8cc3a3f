"""Markdown rules that bound what one message can cost to show.

Nothing is dropped: what goes over a limit is shown as plain text.
static/js/markdown-limits.js holds the same rules.
"""

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table

MAX_BLOCK_LEVEL = 20  # ours: ten lists in each other, or twenty quotes
MAX_INLINE_DEPTH = 24  # ours: emphasis in emphasis in a link
# ours: four pages without a blank line. The inline parser's time grows with the
# square of a text made of unclosed brackets.
MAX_INLINE_LENGTH = 10_000
MAX_TABLE_CELLS = 10_000  # ours: of one message; 100 rows of 100 columns


def limits_plugin(md: MarkdownIt) -> None:
    """Add the nesting rule and put the guard in front of the table rule."""
    md.block.ruler.before("table", "too_deep", _too_deep)
    md.block.ruler.at("table", _guarded_table, {"alt": ["paragraph", "reference"]})


def _too_deep(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Take everything in a container that is nested too deep as one text.

    The parser itself would skip it without a word.
    """
    if silent or state.level < MAX_BLOCK_LEVEL:
        return False
    line = start_line
    while line < end_line and (
        state.isEmpty(line) or state.sCount[line] >= state.blkIndent
    ):
        line += 1
    token = state.push("plain", "p", 0)
    token.content = state.getLines(start_line, line, state.blkIndent, False)
    token.content = token.content.strip(" \t\n")
    token.map = [start_line, line]
    state.line = line
    return True


def _guarded_table(
    state: StateBlock, start_line: int, end_line: int, silent: bool
) -> bool:
    if start_line < state.env.get("tables_refused_before", 0):
        return False
    if not table(state, start_line, end_line, True):
        return False
    if not _fits(state, start_line, end_line):
        return False
    if silent:
        return True
    before = len(state.tokens)
    done = table(state, start_line, end_line, False)
    cells = sum(
        1 for token in state.tokens[before:] if token.type in ("th_open", "td_open")
    )
    state.env["table_cells"] = state.env.get("table_cells", 0) + cells
    return done


def _fits(state: StateBlock, start_line: int, end_line: int) -> bool:
    """Say whether the table at `start_line` stays within the message's cells.

    The parser fills short rows up, so a small text can ask for very many cells.
    """
    row = _line(state, start_line + 1)
    columns = row.count("|") + 1 - row.startswith("|") - row.endswith("|")
    room = MAX_TABLE_CELLS - state.env.get("table_cells", 0)
    line = start_line + 2
    while line < end_line and not state.isEmpty(line):
        line += 1
        if columns * (line - start_line - 1) > room:
            break
    if columns * (line - start_line - 1) <= room:
        return True
    # The lines looked at are text now; do not count them again from the next one.
    state.env["tables_refused_before"] = line
    return False


def _line(state: StateBlock, line: int) -> str:
    begin = state.bMarks[line] + state.tShift[line]
    return state.src[begin : state.eMarks[line]].rstrip(" \t")
