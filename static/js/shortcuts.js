/** The keyboard shortcuts of the page. */

import { copyLastAnswer } from "./message-actions.js";
import { byId } from "./templates.js";

/** @param {import("./message-actions.js").Parts} parts @param {AbortSignal} signal */
export function handleShortcuts(parts, signal) {
  document.addEventListener(
    "keydown",
    (event) => {
      const act = shortcutOf(event, isTyping(event.target));
      if (act && !event.defaultPrevented && RUN[act](parts)) event.preventDefault();
    },
    { signal },
  );
  byId("show-shortcuts")?.addEventListener("click", () => RUN.help(parts), { signal });
}

/**
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, shiftKey?: boolean, altKey?: boolean, isComposing?: boolean}} event
 * @param {boolean} isInField single keys belong to the field a person types in
 * @returns {"escape" | "compose" | "new" | "copy" | "help" | "previous" | "next" | null}
 */
export function shortcutOf(event, isInField) {
  if (event.isComposing) return null;
  const { key, altKey } = event;
  const hasCommand = event.ctrlKey || event.metaKey;
  if (key === "Escape") return "escape";
  if (hasCommand && event.shiftKey)
    return key.toLowerCase() === "o" ? "new" : key.toLowerCase() === "c" ? "copy" : null;
  if (hasCommand || isInField) return null;
  if (altKey) return key === "ArrowLeft" ? "previous" : key === "ArrowRight" ? "next" : null;
  return key === "/" ? "compose" : key === "?" ? "help" : null;
}

/** Each says whether it did something. @type {Record<string, (parts: import("./message-actions.js").Parts) => boolean>} */
const RUN = {
  escape: ({ client, composer }) => {
    if (document.querySelector(":popover-open, dialog[open]")) return false;
    if (composer.isEditing) composer.cancelEdit();
    else client.cancel();
    return true;
  },
  compose: ({ composer }) => {
    composer.focusText();
    return true;
  },
  new: ({ client }) => {
    location.assign(client.page.urls.home);
    return true;
  },
  copy: () => {
    copyLastAnswer();
    return true;
  },
  help: () => {
    byId("shortcuts")?.showModal();
    return true;
  },
  previous: () => step("prev"),
  next: () => step("next"),
};

/** Go to another version of the message in focus. @param {string} direction */
function step(direction) {
  const article = document.activeElement?.closest("article");
  const link = /** @type {HTMLAnchorElement | null | undefined} */ (
    article?.querySelector(`.branches__step[rel="${direction}"][href]`)
  );
  link?.click();
  return Boolean(link);
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}
