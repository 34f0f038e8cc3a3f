/**
 * Markdown that grows: every flush parses only the open end of the text and touches only
 * the DOM of blocks that changed.
 */

import {
  addBlock,
  extendBlock,
  groupBlocks,
  removeBlock,
  settleBlock,
} from "./markdown-blocks.js";
import { buildElements, firstHeadingLevel } from "./markdown-elements.js";
import { cancelFlush, requestFlush } from "./markdown-frames.js";
import { countCells } from "./markdown-limits.js";
import { newEnvironment, normalise, parseBlocks } from "./markdown-parser.js";

// The incomplete last line can still merge with the block before its own: "- a", "---x".
const OPEN_BLOCKS = 2;

/** Returns the nodes of a whole text. `chip` draws a citation by its source number. */
export function renderMarkdown(source, { chip = null } = {}) {
  const environment = newEnvironment();
  const tokens = parseBlocks(normalise(source), environment);
  return buildElements(tokens, { environment, chip });
}

export class MarkdownStream {
  #element;
  #chip;
  #committed;
  #flushed;
  #source = "";
  #closed = ""; // the text of committed blocks: parsed for the last time
  #environment; // what those blocks leave to later ones
  #topHeading;
  #open = [];
  #inexact;

  /**
   * `element` belongs to the stream from now on. `committed(nodes)` is told of nodes that
   * will not change any more, `flushed()` of every change of the DOM.
   */
  constructor(element, { chip = null, committed = () => {}, flushed = () => {} } = {}) {
    this.#element = element;
    this.#chip = chip;
    this.#committed = committed;
    this.#flushed = flushed;
    this.#restart();
  }

  /** Adds text; it is shown in one of the next frames. */
  append(text) {
    this.set(this.#source + text);
  }

  /** Replaces the text; usually it continues the former one. */
  set(source) {
    this.#source = source;
    requestFlush(this);
  }

  /** Shows the text now. */
  flush() {
    cancelFlush(this);
    const text = normalise(this.#source);
    if (!text.startsWith(this.#closed)) this.#restart();
    const tail = text.slice(this.#closed.length);
    const environment = newEnvironment(this.#environment);
    const tokens = parseBlocks(tail, environment);
    const blocks = groupBlocks(tokens, tail);
    this.#update(blocks, tokens, environment);
    this.#commit(blocks, tail, environment);
    this.#flushed();
  }

  /** Shows the text for good: from now on the DOM is that of renderMarkdown. */
  finish() {
    this.flush();
    if (this.#inexact) {
      this.#element.replaceChildren(renderMarkdown(this.#source, { chip: this.#chip }));
      this.#committed([...this.#element.childNodes]);
    } else {
      this.#release(this.#open);
    }
    // A later set() builds the text anew.
    this.#closed = "\0";
    this.#flushed();
  }

  #restart() {
    this.#closed = "";
    this.#environment = {};
    this.#topHeading = null;
    this.#open = [];
    this.#inexact = false;
    this.#element.replaceChildren();
  }

  #update(blocks, tokens, environment) {
    const topHeading = this.#topHeading ?? firstHeadingLevel(tokens);
    const context = { environment, chip: this.#chip, topHeading };
    // A definition or the first heading may change blocks whose own text stays.
    const around = JSON.stringify([environment.references, topHeading]);
    for (const block of blocks) block.context = around;

    let same = 0;
    while (same < blocks.length && isSame(this.#open[same], blocks[same])) {
      blocks[same] = Object.assign(this.#open[same], position(blocks[same]));
      same++;
    }
    let next = same;
    if (this.#open[next] && blocks[next] && extendBlock(this.#open[next], blocks[next], context)) {
      next++;
    }
    this.#open.slice(next).forEach(removeBlock);
    for (const block of blocks.slice(next)) addBlock(block, this.#element, context);
    this.#open = blocks;
  }

  /** Closes all but the last blocks, whose meaning the next characters cannot change. */
  #commit(blocks, tail, environment) {
    // Text still to come may fill a table, or define a link of a closed block.
    if (environment.tablesRefusedBefore || Object.keys(environment.references).length) {
      this.#inexact = true;
    }
    const stop = environment.openFormulaLine ?? Infinity;
    let count = Math.max(blocks.length - OPEN_BLOCKS, 0);
    while (count > 0 && blocks[count].startLine > stop) count--;
    if (count === 0) return;

    const closing = blocks.slice(0, count);
    const text = tail.slice(0, blocks[count].start);
    const tokens = closing.flatMap((block) => block.tokens);
    this.#environment = this.#environmentAfter(text, tokens, environment);
    this.#topHeading ??= firstHeadingLevel(tokens);
    this.#closed += text;
    this.#open = blocks.slice(count);
    this.#release(closing);
  }

  #environmentAfter(text, tokens, { references }) {
    const tableCells = (this.#environment.tableCells ?? 0) + countCells(tokens);
    if (!Object.keys(references).length) return { tableCells };
    // The open end may hold a half-typed definition: keep those of closed text only.
    const closed = newEnvironment(this.#environment);
    parseBlocks(text, closed);
    return { tableCells, references: closed.references };
  }

  #release(blocks) {
    blocks.forEach(settleBlock);
    const nodes = blocks.flatMap((block) => block.nodes);
    if (nodes.length) this.#committed(nodes);
  }
}

function isSame(old, block) {
  return old?.type === block.type && old.source === block.source && old.context === block.context;
}

/** The parts of a block that move when text before it is committed. */
function position({ startLine, endLine, start, slice, tokens }) {
  return { startLine, endLine, start, slice, tokens };
}
