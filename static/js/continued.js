/**
 * One list of blocks from an answer that was cut off and the rest of it;
 * conversations/rendering/continued.py holds the same rules.
 *
 * @typedef {{message: string, entry: import("./store.js").LiveBlock}} Piece a block and its message
 */

const SPACE = " \t\r\n";
const FENCE = /^[ \t]*(`{3,}|~{3,})([^\n]*)$/;
const INFO = /^[A-Za-z0-9+#._-]*\n/;
const ITEM = /^[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]/;
const ROW = /^\|[^\n]*\|/;
// What has its meaning only at the beginning of a line: heading, fence, quote, rule, formula.
const BEGINS_LINE = /^(?:#{1,6} |`{3}|~{3}|> |\$\$|\\\[|(?:-{3,}|_{3,}|\*{3,})[ \t]*(?:\n|$))/;
// What loses its meaning when anything follows it on its line.
const STANDS_ALONE = /^[ \t]*(?:`{3,}|~{3,}|[-=_*][-=_* \t]*|\$\$|\\\])[ \t]*$/;

/**
 * Join the parts of an answer. A text that was cut off goes on in the same run of text;
 * what Claude thought before it went on stands before that run.
 *
 * @param {Piece[][]} parts
 * @returns {Piece[]}
 */
export function joinParts(parts) {
  return parts.reduce(continued, []);
}

/** @param {Piece[]} before @param {Piece[]} rest @returns {Piece[]} */
function continued(before, rest) {
  const place = rest.findIndex(({ entry }) => !isThought(entry.block));
  const words = place < 0 ? [] : rest.slice(place);
  if (!before.length || !words.length || !isText(before[before.length - 1]) || !isText(words[0]))
    return [...before, ...rest];
  const start = before.findLastIndex((piece) => !isText(piece)) + 1;
  const end = words.findIndex((piece) => !isText(piece));
  const begun = before.slice(start);
  const space = seam(textOf(begun), textOf(end < 0 ? words : words.slice(0, end)));
  const first = { ...words[0], entry: withSpace(words[0].entry, space) };
  return [...before.slice(0, start), ...rest.slice(0, place), ...begun, first, ...words.slice(1)];
}

/** @param {import("./store.js").LiveBlock} entry @param {string} space */
function withSpace(entry, space) {
  return { ...entry, block: { ...entry.block, text: space + (entry.block.text ?? "") } };
}

/**
 * What must stand between the two parts of a text that was cut off: mostly nothing, a word
 * may have been cut in two.
 *
 * @param {string} before
 * @param {string} after
 */
export function seam(before, after) {
  if (!before || !after || SPACE.includes(before[before.length - 1]) || SPACE.includes(after[0]))
    return "";
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const fence = openFence(before);
  if (fence) return seamInCode(line, after, fence);
  if (STANDS_ALONE.test(line) || BEGINS_LINE.test(after)) return "\n\n";
  if (ROW.test(after)) return seamOfRows(line);
  if (ITEM.test(after) && !(/[0-9]$/.test(line) && /^[0-9]/.test(after)))
    return ITEM.test(line) ? "\n" : "\n\n";
  return isNextSentence(line, after) ? " " : "";
}

/** @param {string} line @param {string} after @param {string} fence */
function seamInCode(line, after, fence) {
  const opening = FENCE.exec(line);
  // The language of the code may be what was cut off.
  if (opening?.[1].startsWith(fence)) return !opening[2].trim() && INFO.test(after) ? "" : "\n";
  return after.startsWith(fence.slice(0, 3)) ? "\n" : "";
}

/** @param {string} line */
function seamOfRows(line) {
  if (!line.startsWith("|")) return "\n\n";
  return ROW.exec(line)?.[0] === line ? "\n" : "";
}

/** @param {string} line @param {string} after */
function isNextSentence(line, after) {
  return /[.!?…]$/.test(line) && /^\p{Lu}/u.test(after) && line.split("`").length % 2 === 1;
}

/** The text before is looked at again with every word that comes. */
let looked = { text: "", fence: "" };

/** The mark of the code block that a text ends in, "" outside of code. @param {string} text */
function openFence(text) {
  if (text !== looked.text) looked = { text, fence: findOpenFence(text) };
  return looked.fence;
}

/** @param {string} text */
function findOpenFence(text) {
  let mark = "";
  for (const line of text.split("\n")) {
    const fence = FENCE.exec(line);
    if (!fence) continue;
    if (!mark) mark = fence[2].includes("`") ? "" : fence[1];
    else if (fence[1].startsWith(mark) && !fence[2].trim()) mark = "";
  }
  return mark;
}

/** @param {any} block */
function isThought({ type }) {
  return type === "thinking" || type === "redacted_thinking";
}

/** @param {Piece} piece */
function isText({ entry }) {
  return entry.block.type === "text";
}

/** @param {Piece[]} pieces */
function textOf(pieces) {
  return pieces.map(({ entry }) => entry.block.text ?? "").join("");
}
