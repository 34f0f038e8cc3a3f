/**
 * Markdown rules for formulas: $…$, $$…$$, \(…\) and \[…\]. They only find the TeX
 * source, enhance.js draws it; conversations/rendering/math.py holds the same rules.
 */

import { isLonger } from "./markdown-limits.js";

const MAX_FORMULA_LENGTH = 5000;
const CLOSERS = { $$: "$$", $: "$", "\\(": "\\)", "\\[": "\\]" };
const OPENERS = Object.keys(CLOSERS);
const BLOCK_OPENERS = ["$$", "\\["];

export function mathPlugin(md) {
  md.inline.ruler.before("escape", "math_inline", inlineRule);
  md.block.ruler.before("fence", "math_block", blockRule, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
}

function inlineRule(state, silent) {
  const opener = OPENERS.find((candidate) => state.src.startsWith(candidate, state.pos));
  if (opener === undefined || !mayOpen(state, opener)) return false;
  const start = state.pos + opener.length;
  const end = nextCloser(state, opener, start);
  if (end < 0 || end + CLOSERS[opener].length > state.posMax) return false;
  const tex = trim(state.src.slice(start, end));
  if (!tex || isLonger(tex, MAX_FORMULA_LENGTH)) return false;
  if (opener === "$" && tex.includes("`")) return false; // more likely money and a code span
  if (!silent) {
    const token = state.push("math_inline", "span", 0);
    token.content = tex;
    token.markup = opener;
  }
  state.pos = end + CLOSERS[opener].length;
  return true;
}

/** Tells a formula's dollar from money: no space may follow it. */
function mayOpen(state, opener) {
  if (opener !== "$") return true;
  const before = state.src[state.pos - 1];
  const after = state.src[state.pos + 1];
  return before !== "$" && after !== undefined && !" \t\n".includes(after);
}

/** Returns the first place at or after `start` that closes `opener`, or -1. */
function nextCloser(state, opener, start) {
  // Found once per text: looking ahead from every dollar sign would be quadratic.
  state.mathClosers ??= {};
  const known = (state.mathClosers[opener] ??= closers(state.src, opener));
  let low = 0;
  let high = known.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (known[middle] < start) low = middle + 1;
    else high = middle;
  }
  return low < known.length ? known[low] : -1;
}

function closers(src, opener) {
  const closer = CLOSERS[opener];
  const found = [];
  let position = src.indexOf(closer);
  while (position >= 0) {
    const before = src[position - 1] ?? "";
    const after = src[position + closer.length] ?? "";
    const fits =
      opener === "$"
        ? // "$5 and $10": no space before it, no digit after it.
          before !== "" && !" \t\n\\$".includes(before) && after !== "$" && !/[0-9]/.test(after)
        : before !== "\\";
    if (fits) found.push(position);
    position = src.indexOf(closer, position + 1);
  }
  return found;
}

function blockRule(state, startLine, endLine, silent) {
  if (state.sCount[startLine] - state.blkIndent >= 4) return false;
  const first = lineText(state, startLine);
  const opener = BLOCK_OPENERS.find((candidate) => first.startsWith(candidate));
  if (opener === undefined) return false;
  const closer = CLOSERS[opener];
  const lastLine = first.slice(opener.length).includes(closer)
    ? startLine
    : closingLine(state, startLine, endLine, opener);
  if (lastLine < 0 || !lineText(state, lastLine).endsWith(closer)) return false;
  const lines = trim(state.getLines(startLine, lastLine + 1, state.blkIndent, false));
  const source = lines.slice(opener.length, -closer.length);
  const tex = trim(source);
  if (!tex || isLonger(tex, MAX_FORMULA_LENGTH) || source.includes(closer)) return false;
  if (silent) return true;
  const token = state.push("math_block", "div", 0);
  token.content = tex;
  token.markup = opener;
  token.map = [startLine, lastLine + 1];
  state.line = lastLine + 1;
  return true;
}

/**
 * Returns the line below `startLine` that holds the closing delimiter, or -1. A blank
 * line, the end of the block around it or too much text ends the search.
 */
function closingLine(state, startLine, endLine, opener) {
  // Where the last search stopped: no line before that one holds a closer.
  const stops = (state.env.mathStops ??= new Map());
  const key = `${opener} ${state.blkIndent} ${endLine}`;
  let line = Math.max(startLine + 1, stops.get(key) ?? 0);
  while (
    line < endLine &&
    !state.isEmpty(line) &&
    state.sCount[line] >= state.blkIndent &&
    !lineText(state, line).includes(CLOSERS[opener])
  ) {
    line++;
  }
  stops.set(key, line);
  if (line >= endLine || state.isEmpty(line) || state.sCount[line] < state.blkIndent) {
    noteOpenFormula(state, startLine, line);
    return -1;
  }
  const text = state.src.slice(state.bMarks[startLine], state.eMarks[line]);
  return isLonger(text, 2 * MAX_FORMULA_LENGTH) ? -1 : line;
}

/** Remembers that text still to come may close the formula of `startLine`. */
function noteOpenFormula(state, startLine, line) {
  if (state.eMarks[line - 1] < state.src.trimEnd().length) return;
  state.env.openFormulaLine = Math.min(state.env.openFormulaLine ?? startLine, startLine);
}

function lineText(state, line) {
  const begin = state.bMarks[line] + state.tShift[line];
  return state.src.slice(begin, state.eMarks[line]).replace(/[ \t]+$/, "");
}

function trim(text) {
  return text.replace(/^[ \t\n]+|[ \t\n]+$/g, "");
}
