/** Copies text, and tells the person how that went. */

import { showToast } from "./toasts.js";

/** @param {string} text @param {string} done what to say when it worked */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    showToast(done);
  } catch {
    // Without https, or without the person's leave, a page has no clipboard.
    showToast("The browser did not allow copying. Select the text and copy it by hand.", "error");
  }
}
