/** Remembers whether a person likes to see thinking. */

import { openStorage } from "./page.js";


const KEY = "colloquy:thinking-open";

/** @returns {boolean} */
export function wantsThinkingOpen() {
  return openStorage("localStorage")?.getItem(KEY) === "1";
}

/** Note what the person does with any thinking panel. @param {HTMLElement} root @param {AbortSignal} signal */
export function rememberThinking(root, signal) {
  root.addEventListener(
    "click",
    ({ target }) => {
      const summary = /** @type {Element} */ (target).closest?.("details.thinking > summary");
      // The click comes before the panel turns: what it is now is what it will not be.
      if (summary) remember(!(/** @type {HTMLDetailsElement} */ (summary.parentElement).open));
    },
    { signal },
  );
}

/** @param {boolean} isOpen */
function remember(isOpen) {
  try {
    openStorage("localStorage")?.setItem(KEY, isOpen ? "1" : "0");
  } catch {
    // Not remembering is all that is lost.
  }
}
