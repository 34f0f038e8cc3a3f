/**
 * The page as the server sent it: its data and addresses, the clones of its <template>
 * elements, short words in its corner, and the browser's storages.
 */

const FIRST_ID = "00000000-0000-0000-0000-000000000000";
const SECOND_ID = "11111111-1111-1111-1111-111111111111";

/** @returns {any} */
export function readPageData() {
  return JSON.parse(document.getElementById("page-data")?.textContent ?? "{}");
}

/**
 * Return an address from page data with the ids put in.
 *
 * @param {any} page
 * @param {string} name
 * @param {string | null} [first]
 * @param {string | null} [second]
 * @returns {string}
 */
export function addressOf(page, name, first, second) {
  return page.urls[name].replace(FIRST_ID, first ?? "").replace(SECOND_ID, second ?? "");
}

/** Where the socket is: the page's own host. @param {any} page */
export function socketAddress(page) {
  const url = new URL(page.urls.socket, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** A new UUID. Browsers keep `randomUUID` from pages without https. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  // The version, and what marks the variant (RFC 9562, section 5.4).
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

/** The token that every POST needs. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/**
 * Return a new copy of `<template id>`'s one element.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

/**
 * Return the place for `name` in an element made by a template.
 *
 * @param {ParentNode} root
 * @param {string} name
 * @returns {HTMLElement}
 */
export function slot(root, name) {
  return /** @type {HTMLElement} */ (root.querySelector(`[data-slot="${name}"]`));
}

/**
 * Write text into a place and show it; empty text hides it.
 *
 * @param {ParentNode} root
 * @param {string} name
 * @param {string} text
 */
export function fill(root, name, text) {
  const place = slot(root, name);
  place.textContent = text;
  place.hidden = text === "";
}

/** @param {string} id @returns {any} the element, which the page's template promises */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Give an article its id, by which its heading names it too.
 *
 * @param {HTMLElement} article
 * @param {string} id
 */
export function name(article, id) {
  article.id = id;
  article.setAttribute("aria-labelledby", `${id}-author`);
  const heading = article.querySelector(".message__author");
  if (heading) heading.id = `${id}-author`;
}

const TOAST_MS = 6_000; // ours: long enough to read two lines
const MOST_TOASTS = 3;

/**
 * Say something short about what happens in the background.
 *
 * @param {string} text
 * @param {"info" | "error"} [kind]
 */
export function showToast(text, kind = "info") {
  const tray = byId("toasts");
  const toast = clone("template-toast");
  toast.dataset.kind = kind;
  fill(toast, "text", text);
  while (tray.children.length >= MOST_TOASTS) tray.firstElementChild.remove();
  tray.append(toast);
  leaveAfterReading(toast);
}

/** The time runs only while nobody points at the toast or is in it. @param {HTMLElement} toast */
function leaveAfterReading(toast) {
  /** @type {any} */
  let timer;
  const pause = () => clearTimeout(timer);
  const resume = () => {
    pause();
    timer = setTimeout(() => toast.remove(), TOAST_MS);
  };
  for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, pause);
  for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, resume);
  toast.querySelector('[data-action="dismiss"]')?.addEventListener("click", () => toast.remove());
  resume();
}

/** One of the browser's storages, or null where it forbids them. @param {"localStorage" | "sessionStorage"} name @returns {Storage | null} */
export function openStorage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

/**
 * Say what a failed request means and what to do.
 *
 * @param {number} status
 */
export function wordsFor(status) {
  if (status === 0) return "The server cannot be reached. Check the connection and try again.";
  if (status === 401 || status === 403) return "You are logged out. Log in again in this tab.";
  if (status === 404) return "This is no longer there. Reload the page.";
  if (status === 413) return "This is too large for the server.";
  return `The server had a problem (${status}). Try again, or reload the page.`;
}

/**
 * Load a part of the page that nobody needed until now. Throws words for people; the
 * next call tries again.
 *
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function loadPart(load) {
  try {
    return await load();
  } catch (cause) {
    throw Object.assign(new Error(wordsFor(0), { cause }), { status: 0 });
  }
}

/**
 * Load a part and use it, or say why that was not possible.
 *
 * @template T
 * @param {() => Promise<T>} load
 * @param {(part: T) => void} use
 */
export async function withPart(load, use) {
  let part;
  try {
    part = await loadPart(load);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    showToast(`A part of the page could not be loaded. ${message}`, "error");
    return;
  }
  use(part);
}
