/** How long and how dear the next request would be: the meter in the composer. */

import { showMisfits } from "./model-fit.js";
import { byId, csrfToken } from "./page.js";

const PAUSE_MS = 500; // a pause in typing
const TICK_MS = 1_000; // of the countdown
const SHOWN_FROM_TOKENS = 1_000;
// ours: a new conversation with less text has no thousand tokens
const SHORT_TEXT_CHARACTERS = 2_000;
const ENDS = new Set(["turn.completed", "turn.cancelled", "turn.failed", "turn.interrupted"]);

/** @typedef {import("./client.js").Client} Client */
/** @typedef {(url: string, body: any, signal: AbortSignal) => Promise<any>} Ask */

/** @type {ContextMeter | null} */
let meter = null;

/**
 * Show from now on what the composer holds. Calling it again changes nothing.
 *
 * @param {{client: Client, composer: any, signal: AbortSignal}} parts
 */
export async function followDraft({ client, composer, signal }) {
  if (meter) return;
  await loadStyles();
  meter = new ContextMeter(client.page.urls.count, () => composer.draft, client);
  const schedule = () => meter?.schedule();
  for (const type of ["input", "change", "files-changed", "focusin"])
    composer.addEventListener(type, schedule, { signal });
  // The list is about to be opened: it says which models fit.
  composer.addEventListener(
    "pointerover",
    (/** @type {any} */ event) => event.target.closest("select") && meter?.schedule(0),
    { signal },
  );
  client.addEventListener("sent", schedule, { signal });
  client.addEventListener(
    "event",
    (event) => {
      const { type, compaction } = /** @type {CustomEvent} */ (event).detail.event;
      if (compaction?.state === "completed") meter?.forget();
      if (ENDS.has(type) || compaction) schedule();
    },
    { signal },
  );
  if (composer.contains(document.activeElement)) schedule();
}

export class ContextMeter {
  #url;
  #draft;
  #client;
  #ask;
  #pause;
  #tickEvery;
  /** @type {any} */
  #timer;
  /** @type {any} */
  #clock;
  #asking = new AbortController();
  /** What was counted last, so that focus alone asks nothing again. */
  #counted = "";
  /** @type {any} */
  #count = null;
  #button = byId("context-meter");
  #models = /** @type {HTMLSelectElement} */ (byId("composer-model"));
  #panel = byId("context-parts");
  #warning = byId("context-warning");

  /**
   * @param {string} url
   * @param {() => any} draft the command that sending would make
   * @param {{running: any, conversation: string | null}} client
   * @param {{ask?: Ask, pause?: number, tick?: number}} [parts]
   */
  constructor(url, draft, client, { ask = post, pause = PAUSE_MS, tick = TICK_MS } = {}) {
    this.#url = url;
    this.#draft = draft;
    this.#client = client;
    this.#ask = ask;
    this.#pause = pause;
    this.#tickEvery = tick;
    this.#panel.addEventListener("toggle", (/** @type {any} */ event) =>
      this.#opened(event.newState === "open"),
    );
  }

  /** Count what is in the box, as soon as nobody types. What is counted by now is outdated. */
  schedule(pause = this.#pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#measure(), pause);
  }

  /** The same draft makes another request now. */
  forget() {
    this.#counted = "";
  }

  async #measure() {
    // The path is not known before the answer is.
    if (this.#client.running) return;
    const draft = { ...this.#draft(), conversation: this.#client.conversation };
    const body = JSON.stringify(draft);
    if (body === this.#counted) return;
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#counted = body;
    if (isSmall(draft)) return this.show(null);
    const { signal } = this.#asking;
    try {
      this.show(await this.#ask(this.#url, body, signal));
    } catch {
      if (signal.aborted) return;
      // No number is better than a wrong one; the next pause asks again.
      this.#counted = "";
      this.show(null);
    }
  }

  /** @param {any} count as docs/protocol.md describes it; null hides everything */
  show(count) {
    this.#count = count;
    showMisfits(this.#models, count?.misfits ?? {});
    const isShown = count !== null && (count.input_tokens >= SHOWN_FROM_TOKENS || count.problem);
    this.#button.hidden = !isShown;
    if (!isShown) this.#panel.hidePopover();
    this.#showWarning(isShown || count?.notes.length ? count : null);
    if (!isShown) return;
    const about = count.is_exact ? "" : "about ";
    const share = count.window ? count.input_tokens / count.window : 0;
    this.#button.querySelector('[data-slot="tokens"]').textContent =
      `${about}${grouped(count.input_tokens)} tokens`;
    this.#button.querySelector('[data-slot="share"]').textContent = count.window
      ? `${percent(share)} of ${short(count.window)}`
      : "";
    const bar = this.#button.querySelector("meter");
    bar.hidden = !count.window;
    bar.value = Math.min(1, share);
    this.#showParts();
  }

  #showParts() {
    const count = this.#count;
    const parts = new Map(count.parts.map((/** @type {any} */ part) => [part.kind, part.tokens]));
    for (const kind of ["prefix", "message", "file", "draft"])
      this.#row(kind, parts.has(kind) ? grouped(parts.get(kind)) : "");
    const total = `${count.is_exact ? "" : "about "}${grouped(count.input_tokens)}`;
    this.#row("total", count.window ? `${total} of ${grouped(count.window)}` : total);
    this.#row("cached", cacheInWords(count, Date.now()));
    this.#row("cost", costInWords(count));
    this.#row("spent", count.conversation ? spentInWords(count.conversation) : "");
    const notes = this.#panel.querySelector("ul");
    notes.replaceChildren(...count.notes.map(line));
    if (!count.is_exact)
      notes.append(line("Claude could not be asked: these numbers are an estimate."));
    notes.hidden = notes.children.length === 0;
  }

  /** @param {string} name @param {string} words empty hides the row */
  #row(name, words) {
    const row = this.#panel.querySelector(`[data-row="${name}"]`);
    row.hidden = words === "";
    row.querySelector("dd").textContent = words;
  }

  /** @param {any} count */
  #showWarning(count) {
    const words = count ? warningFor(count) : [];
    this.#warning.hidden = words.length === 0;
    // The same words are not said again after every word that is typed.
    const offer = count && canBeCompacted(count) ? [compactButton()] : [];
    const said = [...words, ...offer.map(({ textContent }) => textContent)];
    if (this.#warning.textContent === said.join("")) return;
    this.#warning.replaceChildren(...words.map((text) => element("p", text)), ...offer);
  }

  /** The cache runs out while somebody looks. @param {boolean} isOpen */
  #opened(isOpen) {
    clearInterval(this.#clock);
    if (!isOpen) return;
    this.#tick();
    this.#clock = setInterval(() => this.#tick(), this.#tickEvery);
  }

  /** What the cache does not hold any more is dearer: that is asked anew, once. */
  #tick() {
    if (!this.#count?.cached_until) return;
    const now = Date.now();
    this.#row("cached", cacheInWords(this.#count, now));
    if (Date.parse(this.#count.cached_until) > now) return;
    this.#count.cached_until = null;
    this.#counted = "";
    this.schedule();
  }
}

/**
 * What will not fit with what weighs most; else what makes it dearer or shorter.
 *
 * @param {any} count
 * @returns {string[]}
 */
export function warningFor({ problem, largest, notes }) {
  if (!problem) return notes;
  if (!largest.length) return [problem];
  const names = largest.map(
    (/** @type {any} */ { name, tokens }) => `${name} (about ${grouped(tokens)})`,
  );
  return [problem, `The largest: ${names.join(", ")}.`];
}

/** Whether a conversation has outgrown the window. @param {any} count */
function canBeCompacted({ window, input_tokens: tokens, conversation }) {
  return Boolean(conversation && window && tokens > window);
}

/** It does what the conversation's menu does. */
function compactButton() {
  return Object.assign(element("button", "Compact the conversation"), {
    type: "button",
    className: "link-button",
    onclick: () => byId("compact-form").requestSubmit(),
  });
}

/** @param {any} count @param {number} now @returns {string} */
export function cacheInWords({ cached_tokens: tokens, cached_until: until }, now) {
  if (!tokens || !until) return "";
  const seconds = Math.ceil((Date.parse(until) - now) / 1_000);
  if (seconds <= 0) return "no longer";
  const minutes = Math.floor(seconds / 60);
  const time = minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  return `${grouped(tokens)}, for ${time} more`;
}

/** @param {any} count @returns {string} */
export function costInWords({ cost_low_usd: low, cost_high_usd: high }) {
  if (low === null || high === null) return "unknown";
  const [from, to] = [dollars(low), dollars(high)];
  return from === to ? from : `${from} to ${to}`;
}

/** Cost, hit rate and what the cache saved. @param {any} spent @returns {string} */
export function spentInWords({ cost_usd, has_unknown_cost, hit_rate, cache_savings_usd }) {
  const known = cost_usd === null ? "unknown" : dollars(cost_usd);
  const words = [cost_usd !== null && has_unknown_cost ? `${known} + unknown` : known];
  if (hit_rate !== null) words.push(`${percent(hit_rate)} from the cache`);
  const saved = Number(cost_usd === null ? 0 : cache_savings_usd);
  if (saved > 0) words.push(`saved ${dollars(cache_savings_usd)}`);
  if (saved < 0) words.push(`filling it cost ${dollars(`${-saved}`)}`);
  return words.join(" · ");
}

/** As the page's filter `dollars` writes it. @param {string} usd */
export function dollars(usd) {
  const cost = Number(usd);
  if (cost === 0 || cost >= 0.01)
    return `$${cost.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (cost < 0.0001) return "< $0.0001";
  return `$${cost.toFixed(4).replace(/0$/, "")}`;
}

/** @param {any} draft */
function isSmall({ type, conversation, text, attachments }) {
  const isFirst = type === "message.send" && !conversation;
  return isFirst && attachments.length === 0 && text.length < SHORT_TEXT_CHARACTERS;
}

/** @param {number} share */
function percent(share) {
  const whole = Math.round(share * 100);
  return share > 0 && whole === 0 ? "< 1 %" : `${whole} %`;
}

/** 1M, 200K. @param {number} tokens */
function short(tokens) {
  return tokens >= 1_000_000 ? `${tokens / 1_000_000}M` : `${Math.round(tokens / 1_000)}K`;
}

/** @param {number} count */
function grouped(count) {
  return count.toLocaleString("en");
}

/** @param {string} text */
function line(text) {
  return element("li", text);
}

/** @param {string} tag @param {string} text */
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** @type {Ask} */
async function post(url, body, signal) {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      "X-CSRFToken": csrfToken(),
    },
    body,
    signal,
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** The first page does not need them: they come with this module. */
function loadStyles() {
  const href = document.querySelector('meta[name="context-meter-css"]')?.getAttribute("content");
  if (!href) return Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve);
    document.head.append(link);
  });
}
