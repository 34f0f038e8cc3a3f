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
  continue: ["continue", "retry"],
  change_model: ["change_model", "retry"],
});

/** Build the notice of a turn that ended badly. @param {import("./store.js").Turn} turn */
export function closingNotice(turn) {
  const notice = clone("template-notice");
  notice.dataset.kind = turn.state === "cancelled" ? "stopped" : turn.state;
  fill(notice, "title", TITLES[turn.state] ?? "");
  fill(notice, "message", turn.error?.message ?? "");
  showRequest(notice, turn.error?.request_id);
  const actions = turn.state === "cancelled" ? ["retry"] : (BUTTONS[turn.error?.action] ?? []);
  for (const action of actions) showButton(notice, action);
  return notice;
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

/** "Claude is busy. Retrying in 8 s", with a way out. */
export class RetryCountdown {
  element = clone("template-retrying");
  #until;

  /** @param {import("./store.js").Retrying} retrying */
  constructor({ delay_seconds, reason }) {
    this.#until = Date.now() + delay_seconds * 1000;
    fill(this.element, "message", reason?.message ?? "Claude is busy.");
    this.tick(Date.now());
  }

  /** @param {number} now */
  tick(now) {
    const seconds = Math.ceil((this.#until - now) / 1000);
    slot(this.element, "countdown").textContent =
      seconds > 0 ? `Retrying in ${seconds} s` : "Retrying…";
    slot(this.element, "countdown").hidden = false;
  }
}
