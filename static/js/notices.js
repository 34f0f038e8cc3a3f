/** Notices in an answer: what went wrong, why, and what can be done. */

import { clone, fill, slot } from "./page.js";

const TITLES = /** @type {Record<string, string>} */ ({
  cancelled: "Stopped",
  interrupted: "Interrupted",
  failed: "No answer",
});

/** Buttons that help with each `action` of an error object. */
const BUTTONS = /** @type {Record<string, string[]>} */ ({
  retry: ["retry"],
  wait: ["retry"],
  continue: ["retry"],
  change_model: ["change_model"],
});

/** Build the notice of a turn that ended badly. @param {import("./store.js").Turn} turn @param {boolean} canGoOn whether anything is kept to continue */
export function closingNotice(turn, canGoOn) {
  // The rest of an answer in JSON would be a whole object again.
  if (turn.output_format) return closingNotice({ ...turn, output_format: "" }, false);
  const notice = clone("template-notice");
  notice.dataset.kind = turn.state === "cancelled" ? "stopped" : turn.state;
  const title = turn.state === "failed" && canGoOn ? "The answer failed" : TITLES[turn.state];
  fill(notice, "title", title ?? "");
  fill(notice, "message", turn.error?.message ?? "");
  showRequest(notice, turn.error?.request_id);
  for (const action of waysOn(turn, canGoOn)) showButton(notice, action);
  return notice;
}

/** As conversations/transcripts/notices.py, for the time until its notice is there. @param {import("./store.js").Turn} turn @param {boolean} canGoOn */
function waysOn({ state, error }, canGoOn) {
  const ways = state === "cancelled" ? ["retry"] : (BUTTONS[error?.action] ?? []);
  return canGoOn && ways.includes("retry") ? ["continue", ...ways] : ways;
}

/** @param {HTMLElement} notice @param {string | null | undefined} id */
function showRequest(notice, id) {
  const place = slot(notice, "request");
  const code = place.querySelector("code");
  place.hidden = !id;
  if (code) code.textContent = id ?? "";
}

/** @param {HTMLElement} notice @param {string} action */
function showButton(notice, action) {
  const button = /** @type {HTMLElement | null} */ (
    notice.querySelector(`[data-action="${action}"]`)
  );
  if (button) button.hidden = false;
}

/** As conversations/transcripts/notices.py has it. */
const LATER = {
  title: "To be answered within a day",
  message: "For half the price. You may close this page.",
};
const PATIENCE_MS = 1_000; // ours: a server is free at once, as a rule, and then nothing is said

/** What an answer waits for: "Claude is busy. Retrying in 8 s", or a free server; with a way out. */
export class RetryCountdown {
  element;
  #retrying;
  #began = Date.now();

  /** @param {import("./store.js").Retrying} retrying */
  constructor(retrying) {
    this.#retrying = retrying;
    this.element = clone("isQueued" in retrying ? "template-queued" : "template-retrying");
    if (!("isQueued" in retrying))
      fill(this.element, "message", retrying.reason?.message ?? "Claude is busy.");
    else if (retrying.isLater) {
      fill(this.element, "title", LATER.title);
      fill(this.element, "message", LATER.message);
    }
    this.tick(this.#began);
  }

  /** @param {number} now */
  tick(now) {
    const passed = now - this.#began;
    if ("isQueued" in this.#retrying)
      this.element.hidden = !this.#retrying.isLater && passed < PATIENCE_MS;
    else fill(this.element, "countdown", countdown(this.#retrying, passed));
  }
}

/** @param {import("./store.js").Attempt} attempt @param {number} passedMs */
function countdown({ attempt, limit, delay_seconds }, passedMs) {
  const seconds = Math.ceil(delay_seconds - passedMs / 1000);
  const when = seconds > 0 ? `Retrying in ${seconds} s` : "Retrying…";
  return limit ? `${when} (attempt ${attempt} of ${limit})` : when;
}

/** What a person who listens is told of it, once. @param {import("./store.js").Attempt} attempt */
export function retryInWords({ reason, ...attempt }) {
  return `${reason?.message ?? "Claude is busy."} ${countdown(attempt, 0)}.`;
}
