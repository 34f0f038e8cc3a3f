/** Asks for a link to attach. */

import { byId } from "./page.js";

/** @returns {Promise<string>} what the person gave, or "" */
export function askForLink() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("link-dialog"));
  const field = /** @type {HTMLInputElement} */ (byId("link-field"));
  field.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => resolve(dialog.returnValue === "attach" ? field.value.trim() : ""),
      { once: true },
    );
  });
}
