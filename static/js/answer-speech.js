/** What the announcer is told of running answers. */

import { isLive } from "./store.js";

/** @typedef {import("./store.js").Turn} Turn */

export class AnswerSpeech {
  #announcer;
  /** @type {Map<string, string>} the Markdown that was handed on, by turn */
  #told = new Map();
  /** @type {Set<string>} turns that had begun before this page looked */
  #joined = new Set();

  /** @param {import("./announcer.js").Announcer} announcer */
  constructor(announcer) {
    this.#announcer = announcer;
  }

  /** A snapshot came: what it holds is not read out, unless the page was there already. @param {string} turn */
  join(turn) {
    if (!this.#told.has(turn)) this.#joined.add(turn);
  }

  /** @param {string} turn */
  forget(turn) {
    this.#told.delete(turn);
    this.#joined.delete(turn);
  }

  /** Tell what is new of an answer. @param {import("./answer.js").LiveAnswer} answer @param {Turn} turn */
  speak(answer, turn) {
    const { source } = answer;
    const told = this.#told.get(turn.id);
    this.#told.set(turn.id, source);
    const lines = answer.takeNews();
    if (this.#joined.delete(turn.id)) return;
    if (told === undefined) this.#announcer.begin();
    for (const line of lines) this.#announcer.note(line);
    // A new attempt begins with other words; what follows them is told.
    if (source.startsWith(told ?? "")) this.#announcer.append(source.slice((told ?? "").length));
    if (!isLive(turn)) this.#end(turn);
  }

  /** @param {Turn} turn */
  #end({ state, error }) {
    const isBad = state === "failed" || state === "interrupted";
    if (isBad) this.#announcer.alert(error?.message ?? "The answer failed.");
    this.#announcer.finish(ENDINGS[state] ?? "");
  }
}

const ENDINGS = /** @type {Record<string, string>} */ ({
  completed: "Answer finished.",
  cancelled: "Answer stopped.",
});
