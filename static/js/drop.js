/** Files dropped anywhere on the page or pasted into it. */

/**
 * @param {HTMLElement} overlay shown while files are dragged over the page
 * @param {(files: File[]) => void} take
 * @param {AbortSignal} signal
 */
export function acceptDrops(overlay, take, signal) {
  // Each element under the pointer sends its own pair of events: count them.
  let depth = 0;
  const show = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    overlay.hidden = depth === 0;
  };
  const on = (/** @type {string} */ type, /** @type {(event: DragEvent) => void} */ act) =>
    window.addEventListener(
      type,
      (event) =>
        hasFiles(/** @type {DragEvent} */ (event)) && act(/** @type {DragEvent} */ (event)),
      { signal },
    );

  on("dragenter", (event) => {
    event.preventDefault();
    show(depth + 1);
  });
  on("dragleave", () => show(depth - 1));
  on("dragover", (event) => event.preventDefault());
  on("drop", (event) => {
    event.preventDefault();
    show(0);
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

/**
 * @param {HTMLElement} field
 * @param {(files: File[]) => void} take
 * @param {AbortSignal} signal
 */
export function acceptPastes(field, take, signal) {
  field.addEventListener(
    "paste",
    (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      // Office programs paste text with a picture of it: the text is meant.
      if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
      event.preventDefault();
      take(files);
    },
    { signal },
  );
}

/** Text that is dragged inside the page is none of our business. @param {DragEvent} event */
function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files") ?? false;
}
