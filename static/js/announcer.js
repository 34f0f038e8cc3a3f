/**
 * Speaks a streamed answer to screen readers: whole sentences in batches, code and
 * formulas named instead of spelled, through one polite live region.
 */

const BATCH_MS = 4_000; // ours: time to listen to one batch before the next interrupts it
const SENTENCE_END = /[.!?…][)"'”’]*(?=\s)/g;

/** Turns a growing Markdown text into sentences to be spoken, each exactly once. */
export class Sentences {
  #rest = "";
  #isInCode = false;
  #isLineStart = true;

  /** @param {string} text */
  push(text) {
    this.#rest += text;
  }

  /** Return what can be spoken by now. @param {{isLast?: boolean}} [options] */
  take({ isLast = false } = {}) {
    const spoken = [];
    for (let end = this.#rest.indexOf("\n"); end >= 0; end = this.#rest.indexOf("\n")) {
      spoken.push(this.#line(this.#cut(end + 1)));
      this.#isLineStart = true;
    }
    const open = isLast ? this.#rest.length : this.#lastSentenceEnd();
    if (open > 0) {
      spoken.push(this.#line(this.#cut(open)));
      this.#isLineStart = false;
    }
    return spoken.filter(Boolean).join(" ");
  }

  /** @param {number} end */
  #cut(end) {
    const text = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    return text;
  }

  /** Only prose may be cut inside a line: a half fence or table row is not speech. */
  #lastSentenceEnd() {
    if (this.#isInCode || (this.#isLineStart && /^\s*(`|~|\|)/.test(this.#rest))) return 0;
    const ends = [...this.#rest.matchAll(SENTENCE_END)];
    const last = ends.at(-1);
    return last ? last.index + last[0].length : 0;
  }

  /** @param {string} line */
  #line(line) {
    if (this.#isLineStart && /^\s*(```|~~~)/.test(line)) {
      this.#isInCode = !this.#isInCode;
      return this.#isInCode ? "(code block)" : "";
    }
    return this.#isInCode ? "" : plain(line);
  }
}

/** Return a line of Markdown without its marks. @param {string} line */
export function plain(line) {
  return line
    .replace(/[\uE000-\uE001]/g, "")
    .replace(/^\s*(#{1,6}\s|>\s?|[-*+]\s(\[[ xX]\]\s)?)+/, "")
    .replace(/^\s*\|?[\s:|-]+\|?\s*$/, "")
    .replace(/\$\$[^$]+\$\$|\\\[.+?\\\]|\\\(.+?\\\)/g, "(formula)")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_~`]{1,3}(?=\S)|(?<=\S)[*_~`]{1,3}/g, "")
    .replace(/\s*\|\s*/g, ", ")
    .replace(/^, |, $/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/**
 * Writes into the live region. `mode` is "off", "summary" (beginning and end) or
 * "sentences".
 */
export class Announcer {
  #region;
  #alerts;
  #mode;
  #clock;
  #sentences = new Sentences();
  /** @type {string[]} */
  #queue = [];
  #spokenAt = -Infinity;
  /** @type {any} */
  #timer = null;

  /**
   * @param {HTMLElement} region polite
   * @param {HTMLElement} alerts assertive
   * @param {{mode?: string, clock?: {now(): number, setTimer(f: () => void, ms: number): any}}} [options]
   */
  constructor(region, alerts, { mode = "sentences", clock = CLOCK } = {}) {
    this.#region = region;
    this.#alerts = alerts;
    this.#mode = mode;
    this.#clock = clock;
  }

  /** An answer begins. */
  begin() {
    this.#sentences = new Sentences();
    this.#say("Claude is answering.");
  }

  /** More of the answer's Markdown. @param {string} text */
  append(text) {
    if (this.#mode !== "sentences" || !text) return;
    this.#sentences.push(text);
    this.#say(this.#sentences.take());
  }

  /** One line about something else than the answer's text. @param {string} line */
  note(line) {
    this.#say(line);
  }

  /** The answer ended; the last batch goes out with the closing words at once. @param {string} words */
  finish(words) {
    const rest = this.#mode === "sentences" ? this.#sentences.take({ isLast: true }) : "";
    this.#sentences = new Sentences();
    this.#say([rest, words].filter(Boolean).join(" "));
  }

  /** A failure that needs the person now. @param {string} words */
  alert(words) {
    this.#alerts.textContent = words;
  }

  /** @param {string} words */
  #say(words) {
    if (this.#mode === "off" || !words) return;
    this.#queue.push(words);
    if (this.#timer === null) this.#schedule();
  }

  #schedule() {
    const wait = Math.max(0, this.#spokenAt + BATCH_MS - this.#clock.now());
    this.#timer = this.#clock.setTimer(() => this.#speak(), wait);
  }

  #speak() {
    this.#timer = null;
    this.#spokenAt = this.#clock.now();
    this.#region.textContent = this.#queue.splice(0).join(" ");
  }
}

const CLOCK = {
  now: () => performance.now(),
  setTimer: (/** @type {() => void} */ act, /** @type {number} */ ms) => setTimeout(act, ms),
};
