/** The pieces of a running answer: text, thinking, and everything else. */

import { enhance } from "./enhance.js";
import { inCode } from "./json-text.js";
import { citationChip, joinRun, MarkdownStream } from "./markdown.js";
import { clone } from "./page.js";
import { wantsThinkingOpen } from "./thinking.js";

/** @typedef {import("./store.js").LiveBlock} LiveBlock */

/** Neighbouring text blocks: one Markdown text, citations at the end of their block. */
export class TextRun {
  element = document.createElement("div");
  /** The Markdown so far, without citation marks. */
  source = "";
  #sources;
  #stream;
  #isJson;
  #shown = "";
  #isFinished = false;

  /**
   * @param {import("./sources.js").Sources} sources
   * @param {string} messageId
   * @param {() => void} grown called after each change of the DOM
   * @param {{isJson?: boolean}} [kind] whether the answer has to fit a JSON schema
   */
  constructor(sources, messageId, grown, { isJson = false } = {}) {
    this.#sources = sources;
    this.#isJson = isJson;
    this.element.className = "prose";
    this.element.dataset.run = "";
    this.#stream = new MarkdownStream(this.element, {
      chip: (/** @type {number} */ number) =>
        citationChip(/** @type {any} */ (sources.get(number)), messageId),
      committed: (/** @type {Element[]} */ nodes) => nodes.forEach(enhance),
      flushed: grown,
    });
  }

  /** @param {LiveBlock[]} entries @param {boolean} isLast whether more text may follow */
  update(entries, isLast) {
    const text = joinRun(entries.map((entry) => this.#partOf(entry)));
    this.source = entries.map(({ block }) => block.text ?? "").join("");
    if (text !== this.#shown) this.#show(text);
    this.element.classList.toggle("is-streaming", isLast);
    if (!isLast) this.finish();
  }

  finish() {
    this.element.classList.remove("is-streaming");
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#stream.finish();
  }

  /** @param {string} text */
  #show(text) {
    this.#shown = text;
    this.#isFinished = false;
    this.#stream.set(this.#isJson ? inCode(text) : text);
  }

  /** A marker is set once its block is whole: until then text follows. @param {LiveBlock} entry */
  #partOf({ block, finished }) {
    const citations = finished ? (block.citations ?? []) : [];
    const numbers = citations.map((/** @type {any} */ citation) =>
      this.#sources.numberOf(citation),
    );
    return { text: block.text ?? "", sources: [...new Set(numbers)] };
  }
}

const UNSHOWN = "What Claude thought is not shown."; // as blocks/thinking.html

/** "Thinking… 12 s", closed unless the person likes it open. */
export class Thinking {
  element = clone("template-thinking");
  source = "";
  #startedAt;
  #isFinished = false;
  #shown = "";
  #text = find(this.element, ".thinking__text");
  #label = find(this.element, ".thinking__label");
  #clock = find(this.element, ".thinking__clock");
  #preview = find(this.element, ".thinking__preview");

  /** @param {number | null} startedAt ms since the epoch, null when it was over before this page looked */
  constructor(startedAt) {
    this.#startedAt = startedAt;
    /** @type {HTMLDetailsElement} */ (this.element).open = wantsThinkingOpen();
    this.tick(Date.now());
  }

  /** @param {LiveBlock[]} entries exactly one */
  update([{ block, finished, tokens }]) {
    const text = block.thinking ?? "";
    if (text !== this.#shown) this.#show(text);
    // Not more is known: some may have come before this page looked.
    else if (tokens && !text)
      this.#preview.textContent = `more than ${tokens.toLocaleString("en")} tokens`;
    if (finished) this.finish();
  }

  /** Show the seconds. Not announced: a counting clock would talk over the answer. @param {number} now */
  tick(now) {
    if (this.#isFinished || this.#startedAt === null) return;
    this.#clock.textContent = `${secondsBetween(this.#startedAt, now)} s`;
  }

  finish() {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.element.classList.remove("is-running");
    this.#label.textContent =
      this.#startedAt === null
        ? "Thought"
        : `Thought for ${Math.max(1, secondsBetween(this.#startedAt, Date.now()))} s`;
    this.#clock.textContent = "";
    this.#preview.textContent = "";
    if (!this.#shown) this.#text.textContent = UNSHOWN;
  }

  /** Append only what is new: long thinking must not be laid out again each time. @param {string} text */
  #show(text) {
    if (text.startsWith(this.#shown)) this.#text.append(text.slice(this.#shown.length));
    else this.#text.textContent = text;
    this.#shown = text;
    this.#preview.textContent = headingOf(text);
  }
}

/** Thinking that only Claude can read: nothing of it ever changes. */
export class RedactedThinking {
  element = clone("template-redacted-thinking");
  source = "";

  update() {}

  finish() {}
}

/** A block that is neither text nor thinking, shown as it is. */
export class ToolCard {
  element = clone("template-tool");
  source = "";
  #status = find(this.element, ".tool-card__status");
  #label = find(this.element, ".tool-card__label");
  #json = find(this.element, ".tool-card__json");

  /** @param {LiveBlock[]} entries exactly one */
  update([{ block, finished, json }]) {
    this.#label.textContent = labelOf(block);
    this.#status.dataset.state = stateOf(block, finished);
    this.#json.textContent = json ?? JSON.stringify(block.input ?? block, null, 2);
  }

  finish() {
    if (this.#status.dataset.state === "running") this.#status.dataset.state = "done";
  }
}

/** What a block is called. @param {any} block */
export function labelOf({ name, type }) {
  return (name ?? type).replaceAll("_", " ");
}

/** @param {any} block @param {boolean} finished */
function stateOf(block, finished) {
  if (block.is_error || block.content?.error_code) return "failed";
  return finished ? "done" : "running";
}

/** The latest heading of a thinking text: what Claude is at. @param {string} text */
function headingOf(text) {
  return (
    [...text.matchAll(/^(?:\*\*(.+)\*\*|#+ (.+))$/gm)]
      .map(([, bold, heading]) => bold ?? heading)
      .at(-1) ?? ""
  );
}

/** @param {number} from @param {number} to */
function secondsBetween(from, to) {
  return Math.max(0, Math.round((to - from) / 1000));
}

/** @param {ParentNode} root @param {string} selector */
function find(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
