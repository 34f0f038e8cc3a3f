/** Swaps the server's finished article in for the one on the page. */

import { enhance } from "./enhance.js";
import { fetchFragment } from "./fragments.js";

/** @type {WeakMap<Element, object>} the newest request for each article */
const newest = new WeakMap();

/**
 * Fetch an article and put it in the place of another, once no text in that one is
 * selected. Throws FetchFailed; the old article then stays.
 *
 * @param {HTMLElement} article
 * @param {string} url
 * @returns {Promise<HTMLElement | null>} the new article, or null when it is not wanted any more
 */
export async function refresh(article, url) {
  const request = {};
  newest.set(article, request);
  const { nodes } = await fetchFragment(url);
  const fresh = /** @type {HTMLElement | null} */ (nodes.querySelector("article"));
  await selectionLeaves(article);
  if (!fresh || !article.isConnected || newest.get(article) !== request) return null;
  swap(article, fresh);
  return fresh;
}

/** @param {HTMLElement} old @param {HTMLElement} fresh */
function swap(old, fresh) {
  carryOver(old, fresh);
  const refocus = focusIn(old, fresh);
  old.replaceWith(fresh);
  refocus();
  enhance(fresh);
}

/** Keep what only this page knows of an answer that is drawn anew. @param {HTMLElement} old @param {HTMLElement} fresh */
export function carryOver(old, fresh) {
  keepOpen(old, fresh);
  keepThinkingTime(old, fresh);
}

/** What a person opened stays open. @param {HTMLElement} old @param {HTMLElement} fresh */
function keepOpen(old, fresh) {
  for (const kind of ["details.thinking", "details.tool-card", "details.usage"]) {
    const before = /** @type {NodeListOf<HTMLDetailsElement>} */ (old.querySelectorAll(kind));
    const after = /** @type {NodeListOf<HTMLDetailsElement>} */ (fresh.querySelectorAll(kind));
    before.forEach((details, place) => {
      if (after[place]) after[place].open = details.open;
    });
  }
}

/** Only the page that watched knows how long Claude thought. @param {HTMLElement} old @param {HTMLElement} fresh */
function keepThinkingTime(old, fresh) {
  const before = old.querySelectorAll(".thinking__label");
  fresh.querySelectorAll(".thinking__label").forEach((label, place) => {
    if (before[place]) label.textContent = before[place].textContent;
  });
}

const FOCUSABLE = "a[href], button, summary, [tabindex]";

/** Return what gives the focus back to the same thing. @param {HTMLElement} old @param {HTMLElement} fresh */
function focusIn(old, fresh) {
  const focused = document.activeElement;
  if (!focused || !old.contains(focused)) return () => {};
  if (focused === old) return () => takeFocus(fresh);
  const alike = sameKind(focused);
  const place = [...old.querySelectorAll(alike)].indexOf(focused);
  return () => {
    const target = fresh.querySelectorAll(alike)[place] ?? fresh.querySelector(FOCUSABLE);
    /** @type {HTMLElement | null} */ (target)?.focus({ preventScroll: true });
  };
}

/** The answer as a whole had it, since the button that was pressed is gone. @param {HTMLElement} article */
function takeFocus(article) {
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
}

/** @param {Element} element */
function sameKind(element) {
  const action = /** @type {HTMLElement} */ (element).dataset.action;
  return action ? `[data-action="${CSS.escape(action)}"]` : element.localName;
}

/** Wait until no text inside the element is selected. @param {HTMLElement} element @returns {Promise<void>} */
function selectionLeaves(element) {
  return new Promise((resolve) => {
    const check = () => {
      if (hasSelection(element)) return;
      document.removeEventListener("selectionchange", check);
      resolve();
    };
    document.addEventListener("selectionchange", check);
    check();
  });
}

/** @param {HTMLElement} element */
function hasSelection(element) {
  const selection = document.getSelection();
  return Boolean(
    element.isConnected &&
    selection &&
    !selection.isCollapsed &&
    selection.containsNode(element, true),
  );
}
