/**
 * The top-level blocks of a text that still grows, and how the DOM of one becomes the
 * DOM of its longer self without being built anew.
 */

import { buildElements, codeBlock } from "./markdown-elements.js";
import { OPEN } from "./markdown-markers.js";

const LINES_PER_CHUNK = 40;

/** Splits block tokens at level 0; every block knows its tokens and source slice. */
export function groupBlocks(tokens, source) {
  const starts = lineStarts(source);
  const offset = (line) => starts[line] ?? source.length;
  return topLevel(tokens, 0).map((members) => {
    const [{ map, type }] = members;
    return {
      type,
      tokens: members,
      startLine: map[0],
      endLine: map[1],
      start: offset(map[0]),
      source: source.slice(offset(map[0]), offset(map[1])),
      nodes: [],
      slice: (token) => source.slice(offset(token.map[0]), offset(token.map[1])),
    };
  });
}

function topLevel(tokens, level) {
  const groups = [];
  for (const token of tokens) {
    const begins = token.level === level && token.nesting >= 0;
    if (begins) groups.push([token]);
    else groups.at(-1).push(token);
  }
  return groups;
}

function lineStarts(source) {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}

/** Builds the nodes of a block and puts them at the end of `parent`. */
export function addBlock(block, parent, context) {
  const growing = block.type === "fence" && !isClosed(block) && !hasMarker(block);
  if (growing) {
    startChunks(block);
  } else {
    if (isList(block)) block.items = itemsOf(block);
    if (isTable(block)) block.rows = rowsOf(block);
    block.nodes = [...buildElements(block.tokens, context).childNodes];
  }
  parent.append(...block.nodes);
}

export function removeBlock(block) {
  for (const node of block.nodes) node.remove();
}

/** Makes the nodes of `old` show `block`, its next state; false when it cannot. */
export function extendBlock(old, block, context) {
  if (old.type !== block.type) return false;
  if (old.chunked) return extendChunks(old, block);
  if (old.items) return extendList(old, block, context);
  if (old.rows) return extendTable(old, block, context);
  return false;
}

/** Gives a block that will not change any more its final form. */
export function settleBlock(block) {
  if (!block.chunked) return;
  block.chunked = null;
  block.code.textContent = block.tokens[0].content;
}

// Code that grows. Adding to one long text makes the browser lay all of it out again;
// spans of some lines, each a block of its own, keep the cost of a flush constant.

function isClosed({ tokens: [fence], source }) {
  const lines = source.replace(/\n$/, "").split("\n");
  return lines.length > 1 && lines.length - 1 > fence.content.replace(/\n$/, "").split("\n").length;
}

function hasMarker({ tokens: [fence] }) {
  return fence.content.includes(OPEN);
}

function startChunks(block) {
  const { block: outer, code } = codeBlock(block.tokens[0].info);
  block.nodes = [outer];
  block.code = code;
  block.chunked = { lines: 0, chunk: null };
  appendCode(block, block.tokens[0].content);
}

function extendChunks(old, block) {
  const [before] = old.tokens;
  const [after] = block.tokens;
  if (before.info !== after.info || before.markup !== after.markup) return false;
  if (hasMarker(block) || isClosed(block) || !after.content.startsWith(before.content)) return false;
  Object.assign(block, { nodes: old.nodes, code: old.code, chunked: old.chunked });
  appendCode(block, after.content.slice(before.content.length));
  return true;
}

function appendCode(block, text) {
  for (const line of text.split(/(?<=\n)/)) {
    if (!line) continue;
    const state = block.chunked;
    if (!state.chunk || state.lines >= LINES_PER_CHUNK) {
      const span = document.createElement("span");
      span.className = "code__chunk";
      state.chunk = document.createTextNode("");
      state.lines = 0;
      span.append(state.chunk);
      block.code.append(span);
    }
    state.chunk.appendData(line);
    if (line.endsWith("\n")) state.lines++;
  }
}

// Lists that grow: finished items keep their elements.

function isList({ type }) {
  return type === "bullet_list_open" || type === "ordered_list_open";
}

function itemsOf(block) {
  const [list] = block.tokens;
  const inside = block.tokens.slice(1, -1);
  const loose = inside.some(
    ({ type, level, hidden }) => type === "paragraph_open" && level === 2 && !hidden,
  );
  const context = [list.type, list.attrGet("start"), loose].join(" ");
  return topLevel(inside, 1).map((tokens) => ({ tokens, context, key: block.slice(tokens[0]) }));
}

function extendList(old, block, context) {
  block.items = itemsOf(block);
  if (old.items[0]?.context !== block.items[0]?.context) return false;
  if (old.context !== block.context) return false;
  extendParts(old.nodes[0], old.items, block.items, context);
  block.nodes = old.nodes;
  return true;
}

/** Makes the children of `parent`, which show `before`, show `after`. */
function extendParts(parent, before, after, context) {
  let kept = 0;
  while (kept < before.length && before[kept].key === after[kept]?.key) kept++;
  while (parent.children.length > kept) parent.lastElementChild.remove();
  parent.append(buildElements(after.slice(kept).flatMap(({ tokens }) => tokens), context));
}

// Tables that grow: finished rows keep their elements.

function isTable({ type }) {
  return type === "table_open";
}

function rowsOf(block) {
  const begin = block.tokens.findIndex(({ type }) => type === "tbody_open");
  if (begin < 0) return [];
  const body = block.tokens.slice(begin + 1, -2); // up to </tbody></table>
  return topLevel(body, 2).map((tokens) => ({ tokens, key: block.slice(tokens[0]) }));
}

/** The header row and the one below it, which says how columns are aligned. */
function headOf(block) {
  return block.source.split("\n", 2).join("\n");
}

function extendTable(old, block, context) {
  block.rows = rowsOf(block);
  if (!old.rows.length || !block.rows.length) return false;
  if (old.context !== block.context || headOf(old) !== headOf(block)) return false;
  extendParts(old.nodes[0].querySelector("tbody"), old.rows, block.rows, context);
  block.nodes = old.nodes;
  return true;
}
