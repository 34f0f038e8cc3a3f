/** Remembers whether a person likes to see thinking. */

import { openStorage } from "./page.js";

const KEY = "colloquy:thinking-open";

/** @returns {boolean} */
export function wantsThinkingOpen() {
  return openStorage("localStorage")?.getItem(KEY) === "1";
}

/** Note what the person did with a thinking panel. @param {boolean} isOpen */
export function rememberThinking(isOpen) {
  try {
    openStorage("localStorage")?.setItem(KEY, isOpen ? "1" : "0");
  } catch {
    // Not remembering is all that is lost.
  }
}
