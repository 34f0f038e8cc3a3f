/** Short words about things that happen in the background. */

import { byId, clone, fill } from "./templates.js";

const SHOWN_MS = 6_000; // frontend.md, "Errors"
const MOST = 3;

/**
 * @param {string} text
 * @param {"info" | "error"} [kind]
 */
export function showToast(text, kind = "info") {
  const tray = byId("toasts");
  const toast = clone("template-toast");
  toast.dataset.kind = kind;
  fill(toast, "text", text);
  while (tray.children.length >= MOST) tray.firstElementChild.remove();
  tray.append(toast);
  leaveAfterReading(toast);
}

/** The time runs only while nobody points at the toast or is in it. @param {HTMLElement} toast */
function leaveAfterReading(toast) {
  /** @type {any} */
  let timer;
  const pause = () => clearTimeout(timer);
  const resume = () => {
    pause();
    timer = setTimeout(() => toast.remove(), SHOWN_MS);
  };
  for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, pause);
  for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, resume);
  toast.querySelector('[data-action="dismiss"]')?.addEventListener("click", () => toast.remove());
  resume();
}
