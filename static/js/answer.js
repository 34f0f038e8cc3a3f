/** The article of a running turn, drawn from the store. */

import { closingNotice, RetryCountdown } from "./notices.js";
import { clone, name, slot } from "./page.js";
import { labelOf, TextRun, Thinking, ToolCard } from "./parts.js";
import { Sources } from "./sources.js";
import { isLive } from "./store.js";

/** @typedef {import("./store.js").Turn} Turn */
/** @typedef {{key: string, message: string, kind: "text" | "thinking" | "other", entries: import("./store.js").LiveBlock[]}} Segment */

export class LiveAnswer {
  element;
  #body;
  #notices;
  #waiting;
  /** @type {Map<string, TextRun | Thinking | ToolCard>} */
  #parts = new Map();
  /** @type {Turn | null} */
  #drawn = null;
  /** @type {Sources} */
  #sources = new Sources([]);
  /** @type {RetryCountdown | null} */
  #countdown = null;
  /** @type {string[]} */
  #news = [];
  #grown;

  /**
   * @param {() => void} grown called when the text's nodes changed
   * @param {HTMLElement} [element] an article that the server made, or a new one
   */
  constructor(grown, element = clone("template-answer")) {
    this.element = element;
    this.#grown = grown;
    this.#body = slot(element, "body");
    this.#notices = slot(element, "notices");
    this.#waiting = slot(element, "waiting");
    this.#body.replaceChildren();
  }

  /** The Markdown of the whole answer so far. */
  get source() {
    return [...this.#parts.values()]
      .map((part) => part.source)
      .filter(Boolean)
      .join("\n\n");
  }

  /**
   * Draw what changed. Returns whether anything did.
   *
   * @param {Turn} turn
   */
  update(turn) {
    if (turn === this.#drawn) return false;
    if (!this.#drawn || hasOtherDocuments(this.#drawn, turn)) this.#startOver(turn);
    const before = this.#drawn;
    this.#drawn = turn;
    this.#label(turn);
    if (before?.answers !== turn.answers || before.state !== turn.state) this.#drawParts(turn);
    this.#drawNotices(turn, before);
    if (this.#waiting)
      this.#waiting.hidden = !isLive(turn) || this.#parts.size > 0 || turn.retrying !== null;
    return true;
  }

  /** Return what began since the last call and is worth a spoken line. */
  takeNews() {
    return this.#news.splice(0);
  }

  /** @param {number} number of a citation's source */
  sourceOf(number) {
    return this.#sources.get(number);
  }

  /** Move the clocks. @param {number} now */
  tick(now) {
    this.#countdown?.tick(now);
    for (const part of this.#parts.values()) if (part instanceof Thinking) part.tick(now);
  }

  /** @param {Turn} turn */
  #startOver(turn) {
    this.#sources = new Sources(turn.documents);
    this.#parts.clear();
    this.#body.replaceChildren();
  }

  /** @param {Turn} turn */
  #label(turn) {
    const { element } = this;
    name(element, `turn-${turn.id}`);
    element.dataset.turn = turn.id;
    element.dataset.userMessage = turn.user_message;
    element.dataset.state = turn.state;
    element.dataset.messages = turn.answers.map(({ id }) => id).join(" ");
    element.dataset.message = turn.answers.at(-1)?.id ?? "";
    element.setAttribute("aria-busy", String(isLive(turn)));
  }

  /** @param {Turn} turn */
  #drawParts(turn) {
    const segments = segmentsOf(turn);
    this.#dropGone(segments);
    segments.forEach((segment, place) => {
      const part = this.#parts.get(segment.key) ?? this.#addPart(segment, place, turn);
      const isLast = place === segments.length - 1 && isLive(turn);
      part.update(segment.entries, isLast);
      if (!isLive(turn)) part.finish();
    });
  }

  /** @param {Segment[]} segments */
  #dropGone(segments) {
    const keys = new Set(segments.map(({ key }) => key));
    for (const [key, part] of this.#parts) {
      if (keys.has(key)) continue;
      part.element.remove();
      this.#parts.delete(key);
    }
  }

  /** @param {Segment} segment @param {number} place @param {Turn} turn */
  #addPart(segment, place, turn) {
    const part = this.#makePart(segment, turn);
    this.#parts.set(segment.key, part);
    this.#body.insertBefore(part.element, this.#body.children[place] ?? null);
    return part;
  }

  /** @param {Segment} segment @param {Turn} turn */
  #makePart({ kind, message, entries }, turn) {
    if (kind === "text") return new TextRun(this.#sources, message, this.#grown);
    if (kind === "other") {
      this.#news.push(`Claude uses ${labelOf(entries[0].block)}.`);
      return new ToolCard();
    }
    this.#news.push("Claude is thinking.");
    return new Thinking(entries[0].finished ? null : this.#beginningOf(turn));
  }

  /** Thinking that runs already began with the turn, as far as this page can know. @param {any} turn */
  #beginningOf({ started_at: startedAt }) {
    return this.#parts.size ? Date.now() : Date.parse(startedAt) || Date.now();
  }

  /** @param {Turn} turn @param {Turn | null} before */
  #drawNotices(turn, before) {
    if (turn.retrying !== (before?.retrying ?? null) || (turn.retrying && !this.#countdown)) {
      this.#countdown?.element.remove();
      this.#countdown = turn.retrying ? new RetryCountdown(turn.retrying) : null;
      if (this.#countdown) this.#notices.append(this.#countdown.element);
    }
    if (!isLive(turn) && turn.state !== "completed")
      this.#notices.replaceChildren(closingNotice(turn));
  }
}

/** A snapshot brings the same documents as new objects. @param {Turn} before @param {Turn} now */
function hasOtherDocuments(before, now) {
  return (
    before.documents !== now.documents &&
    JSON.stringify(before.documents) !== JSON.stringify(now.documents)
  );
}

/** Cut a turn's blocks into what is drawn as one piece each. @param {Turn} turn @returns {Segment[]} */
export function segmentsOf({ answers }) {
  /** @type {Segment[]} */
  const segments = [];
  for (const { id, blocks } of answers) {
    let last = /** @type {Segment | null} */ (null);
    for (const entry of blocks.toSorted((a, b) => a.index - b.index)) {
      const kind = kindOf(entry.block);
      if (last?.kind === "text" && kind === "text") {
        last.entries.push(entry);
        continue;
      }
      last = { key: `${id}:${entry.index}:${kind}`, message: id, kind, entries: [entry] };
      segments.push(last);
    }
  }
  return segments;
}

/** @param {any} block @returns {Segment["kind"]} */
function kindOf({ type }) {
  return type === "text" || type === "thinking" ? type : "other";
}
