/** Shows a picture large, in a dialog. */

import { byId } from "./page.js";


/** @param {HTMLElement} root @param {AbortSignal} signal */
export function previewPictures(root, signal) {
  root.addEventListener(
    "click",
    (event) => {
      const link = /** @type {HTMLAnchorElement | null} */ (
        /** @type {Element} */ (event.target).closest?.("a[data-preview]")
      );
      // With a modifier the person wants what the browser does with links.
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(link);
    },
    { signal },
  );
  byId("image-preview")?.addEventListener("click", closeOnBackdrop, { signal });
}

/** @param {HTMLAnchorElement} link */
function open(link) {
  const dialog = byId("image-preview");
  const name = link.querySelector('[data-slot="name"]')?.textContent ?? "";
  const picture = dialog.querySelector("img");
  picture.src = link.href;
  picture.alt = name;
  dialog.querySelector(".image-preview__name").textContent = name;
  dialog.querySelector(".image-preview__open").href = link.href;
  dialog.showModal();
}

/** @param {MouseEvent} event */
function closeOnBackdrop({ target, currentTarget }) {
  if (target === currentTarget) /** @type {HTMLDialogElement} */ (currentTarget).close();
}
