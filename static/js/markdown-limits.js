/**
 * Markdown rules that bound what one message can cost to show. Nothing is dropped: what
 * goes over a limit is shown as plain text. conversations/rendering/limits.py holds the
 * same rules.
 */

const MAX_BLOCK_LEVEL = 20;
export const MAX_INLINE_DEPTH = 24;
// The inline parser's time grows with the square of a text made of unclosed brackets.
const MAX_INLINE_LENGTH = 10000;
const MAX_TABLE_CELLS = 10000;

export function limitsPlugin(md) {
  const [table] = md.block.ruler.getRules(""); // the first rule of the default preset
  md.block.ruler.before("table", "too_deep", tooDeep);
  md.block.ruler.at("table", guarded(table), { alt: ["paragraph", "reference"] });
  const parse = md.inline.parse.bind(md.inline);
  md.inline.parse = (source, parser, environment, tokens) => {
    if (isLonger(source, MAX_INLINE_LENGTH)) tokens.push(textToken(md, source));
    else parse(source, parser, environment, tokens);
  };
}

/** Counts characters, as Python does. */
export function isLonger(text, limit) {
  return text.length > limit && Array.from(text).length > limit;
}

function textToken(md, content) {
  const state = new md.core.State("", md, {});
  return Object.assign(new state.Token("text", "", 0), { content });
}

/**
 * Takes everything in a container that is nested too deep as one text. The parser itself
 * would skip it without a word.
 */
function tooDeep(state, startLine, endLine, silent) {
  if (silent || state.level < MAX_BLOCK_LEVEL) return false;
  let line = startLine;
  while (line < endLine && (state.isEmpty(line) || state.sCount[line] >= state.blkIndent)) line++;
  const token = state.push("plain", "p", 0);
  token.content = state
    .getLines(startLine, line, state.blkIndent, false)
    .replace(/^[ \t\n]+|[ \t\n]+$/g, "");
  token.map = [startLine, line];
  state.line = line;
  return true;
}

function guarded(table) {
  return function guardedTable(state, startLine, endLine, silent) {
    if (startLine < (state.env.tablesRefusedBefore ?? 0)) return false;
    if (!table(state, startLine, endLine, true)) return false;
    if (!fits(state, startLine, endLine)) return false;
    if (silent) return true;
    const before = state.tokens.length;
    const done = table(state, startLine, endLine, false);
    state.env.tableCells = (state.env.tableCells ?? 0) + countCells(state.tokens.slice(before));
    return done;
  };
}

/** Counts the cells of the tables among these tokens. */
export function countCells(tokens) {
  return tokens.filter(({ type }) => type === "th_open" || type === "td_open").length;
}

/**
 * Says whether the table at `startLine` stays within the message's cells. The parser
 * fills short rows up, so a small text can ask for very many cells.
 */
function fits(state, startLine, endLine) {
  const row = lineText(state, startLine + 1);
  const columns = row.split("|").length - row.startsWith("|") - row.endsWith("|");
  const room = MAX_TABLE_CELLS - (state.env.tableCells ?? 0);
  let line = startLine + 2;
  while (line < endLine && !state.isEmpty(line)) {
    line++;
    if (columns * (line - startLine - 1) > room) break;
  }
  if (columns * (line - startLine - 1) <= room) return true;
  // The lines looked at are text now; do not count them again from the next one.
  state.env.tablesRefusedBefore = line;
  return false;
}

function lineText(state, line) {
  const begin = state.bMarks[line] + state.tShift[line];
  return state.src.slice(begin, state.eMarks[line]).replace(/[ \t]+$/, "");
}
