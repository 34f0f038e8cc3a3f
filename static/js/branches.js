/**
 * Going from one version of a message to another keeps what stands before it in place.
 *
 * The links work by themselves; this only remembers where the branch point was.
 */

import { openStorage } from "./storage.js";

const KEY = "colloquy:branch-point";

/** @param {HTMLElement} log @param {AbortSignal} signal */
export function rememberBranchPoint(log, signal) {
  log.addEventListener(
    "click",
    ({ target }) => {
      const link = /** @type {Element} */ (target).closest?.(".branches__step[href]");
      const before = link?.closest("article")?.previousElementSibling;
      if (link)
        openStorage("sessionStorage")?.setItem(
          KEY,
          JSON.stringify({ id: before?.id ?? "", end: endOf(before) }),
        );
    },
    { signal },
  );
}

/** @param {HTMLElement} log @returns {boolean} whether the view was put where it was */
export function restoreBranchPoint(log) {
  const storage = openStorage("sessionStorage");
  const kept = storage?.getItem(KEY);
  storage?.removeItem(KEY);
  if (!kept) return false;
  const { id, end } = JSON.parse(kept);
  const before = id ? document.getElementById(id) : null;
  log.scrollTop = before ? log.scrollTop + endOf(before) - end : 0;
  return true;
}

/** @param {Element | null | undefined} element */
function endOf(element) {
  return element?.getBoundingClientRect().bottom ?? 0;
}
