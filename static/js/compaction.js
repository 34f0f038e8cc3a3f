/** Compacting a conversation: asked for, stopped, and shown under the answer it ends with. */

import { csrfToken, showToast, wordsFor } from "./page.js";
import { refresh } from "./refresh.js";

/** @typedef {import("./client.js").Client} Client */

/** @type {Map<string, string>} the states that were shown, by compaction */
const shown = new Map();

/** Compact the branch that ends with a message. @param {Client} client @param {string | null} leaf */
export async function compact(client, leaf) {
  const body = new URLSearchParams(leaf ? { leaf } : {});
  const problem = await post(client.address("compact"), body);
  if (problem) showToast(`The conversation was not compacted. ${problem}`, "error");
}

/** Say whether the conversation is compacted unasked. @param {Client} client @param {HTMLInputElement} box */
export async function compactItself(client, box) {
  const body = new URLSearchParams(box.checked ? { is_on: "1" } : {});
  const problem = await post(client.address("compact_itself"), body);
  if (!problem) return;
  box.checked = !box.checked;
  showToast(`This could not be kept. ${problem}`, "error");
}

/** @param {Client} client @param {string} id */
export async function cancelCompaction(client, id) {
  const problem = await post(client.address("cancel_compaction", id), new URLSearchParams());
  if (problem) showToast(`This could not be stopped. ${problem}`, "error");
}

/** Have the server draw every answer anew whose divider has changed. @param {Client} client */
export function showCompactions(client) {
  for (const row of Object.values(client.state.compactions)) {
    const article = /** @type {HTMLElement | null} */ (
      document.querySelector(`#log-column > article[data-messages~="${CSS.escape(row.message)}"]`)
    );
    if (!article || isShown(article, row) || shown.get(row.id) === row.state) continue;
    const isNews = shown.has(row.id);
    shown.set(row.id, row.state);
    refresh(article, client.address("turn", article.dataset.turn)).catch(() =>
      shown.delete(row.id),
    );
    if (isNews) tell(row);
  }
}

/** @param {HTMLElement} article @param {any} row */
function isShown(article, { id, state }) {
  const card = /** @type {HTMLElement | null} */ (article.querySelector("[data-compaction]"));
  if (!card) return state === "cancelled";
  // Of several under one answer the newest is shown.
  return card.dataset.compaction === id
    ? card.dataset.state === state
    : (card.dataset.compaction ?? "") > id;
}

/** It may stand where nobody looks at the moment. @param {any} row */
function tell({ state, error }) {
  if (state === "completed") showToast("The conversation is compacted.");
  else if (error) showToast(`The conversation was not compacted. ${error.message}`, "error");
}

/** Return why it was refused, in words, or "". @param {string} url @param {URLSearchParams} body */
async function post(url, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(url, { method: "POST", headers, body, redirect: "manual" }).catch(
    () => null,
  );
  if (response?.ok) return "";
  const said = await response?.json().catch(() => null);
  return (
    said?.error?.message ??
    wordsFor(response?.type === "opaqueredirect" ? 401 : (response?.status ?? 0))
  );
}
