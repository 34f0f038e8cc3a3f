/** Shows a picture large, in a dialog. */

import { byId } from "./page.js";

/** @param {HTMLAnchorElement} link */
export function showPicture(link) {
  const dialog = byId("image-preview");
  const name = link.querySelector('[data-slot="name"]')?.textContent ?? "";
  const picture = dialog.querySelector("img");
  picture.src = link.href;
  picture.alt = name;
  dialog.querySelector(".image-preview__name").textContent = name;
  dialog.querySelector(".image-preview__open").href = link.href;
  dialog.addEventListener("click", closeOnBackdrop);
  dialog.showModal();
}

/** @param {MouseEvent} event */
function closeOnBackdrop({ target, currentTarget }) {
  if (target === currentTarget) /** @type {HTMLDialogElement} */ (currentTarget).close();
}
