/** The card of a tool that Colloquy runs: templates/conversations/blocks/tool_call.html, live. */

import { clone } from "./page.js";

/** @typedef {import("./store.js").Call} Call */
/** @typedef {import("./store.js").LiveBlock} LiveBlock */

const WORDS = /** @type {Record<string, string>} */ ({
  waiting: "Waiting for you",
  running: "Running…",
  failed: "Failed",
  denied: "Not allowed",
  cancelled: "Not run",
});

export class CallCard {
  element = /** @type {HTMLDetailsElement} */ (clone("template-tool-call"));
  source = "";
  #label = find(this.element, ".tool-card__label");
  #status = find(this.element, ".tool-card__status");
  #subject = find(this.element, ".tool-card__subject");
  #summary = find(this.element, ".tool-card__summary");
  #time = find(this.element, ".tool-card__time");
  #input = find(this.element, ".tool-card__input");
  #ask = find(this.element, ".tool-card__ask");
  #result = find(this.element, ".tool-card__result");
  /** @type {Call | undefined} */
  #call;

  /** @param {LiveBlock[]} entries exactly one @param {boolean} _isLast @param {Record<string, Call>} calls */
  update([{ block, json }], _isLast, calls) {
    const call = calls[block.id];
    this.element.dataset.call = block.id;
    this.#label.textContent = call?.title ?? titleOf(block);
    this.#input.textContent = json ?? JSON.stringify(block.input ?? {}, null, 2);
    if (call === this.#call && call) return;
    this.#call = call;
    this.#show(call);
  }

  /** No result will come any more. */
  finish() {
    if (!this.#call) this.#showState("cancelled");
  }

  /** @param {Call | undefined} call */
  #show(call) {
    this.#subject.textContent = call?.summary ?? "";
    this.#showState(call?.state ?? "running", call?.outcome);
    this.#time.textContent = call?.seconds ? `${call.seconds.toFixed(1)} s` : "";
    const result = call?.result ?? null;
    this.#result.textContent = result;
    this.#result.hidden = result === null;
    /** @type {HTMLElement} */ (this.#result.previousElementSibling).hidden = result === null;
  }

  /** @param {string} state @param {string} [outcome] */
  #showState(state, outcome) {
    this.#summary.textContent = outcome || (WORDS[state] ?? "");
    const before = this.#status.dataset.state;
    if (before === state) return;
    this.#status.dataset.state = state;
    this.#ask.hidden = state !== "waiting";
    // What is to be decided on is seen in full, and what went wrong.
    if (state === "waiting" || state === "failed") this.element.open = true;
    else if (before === "waiting") this.element.open = false;
  }
}

/** What a tool is called before the server has said it. @param {any} block */
export function titleOf({ name }) {
  return String(name ?? "a tool").replaceAll("_", " ");
}

/** @param {ParentNode} root @param {string} selector */
function find(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
