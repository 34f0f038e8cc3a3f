/** The JSON schema of a new conversation: examples, and what is wrong with it. */

import { byId, csrfToken, wordsFor } from "./page.js";

const PAUSE_MS = 400; // ours: while a person types nothing is wrong yet

let isOffered = false;

/**
 * Watch the field, from the first time that it is shown.
 *
 * @param {string} url where a schema is looked at
 * @param {AbortSignal} signal
 */
export function offerSchema(url, signal) {
  if (isOffered) return;
  isOffered = true;
  const field = /** @type {HTMLTextAreaElement} */ (byId("composer-json_schema"));
  const check = checker(field, url);
  const example = /** @type {HTMLSelectElement} */ (byId("json-example"));
  field.addEventListener("input", check, { signal });
  example.addEventListener("change", () => begin(example, field), { signal });
  if (field.value.trim()) check();
}

/** @param {HTMLSelectElement} example @param {HTMLTextAreaElement} field */
function begin(example, field) {
  if (!example.value) return;
  field.value = example.value;
  example.value = "";
  // Whoever listens to what a person types has to know of it.
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** Return what checks the field after a pause; an older answer than the newest says nothing. @param {HTMLTextAreaElement} field @param {string} url */
function checker(field, url) {
  /** @type {any} */
  let timer;
  let newest = 0;
  return () => {
    const number = (newest += 1);
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const problems = await problemsOf(field.value, url);
      if (number === newest) show(problems, field);
    }, PAUSE_MS);
  };
}

/** @param {string} schema @param {string} url @returns {Promise<string[]>} */
async function problemsOf(schema, url) {
  if (!schema.trim()) return [];
  const headers = { "X-CSRFToken": csrfToken() };
  const body = new URLSearchParams({ schema });
  const response = await fetch(url, { method: "POST", headers, body, redirect: "manual" }).catch(
    () => null,
  );
  if (response?.ok) return (await response.json()).problems;
  return [wordsFor(response?.type === "opaqueredirect" ? 401 : (response?.status ?? 0))];
}

/** @param {string[]} problems @param {HTMLTextAreaElement} field */
function show(problems, field) {
  field.setAttribute("aria-invalid", String(problems.length > 0));
  byId("json-problems").replaceChildren(
    ...problems.map((words) => {
      const item = document.createElement("li");
      item.textContent = words;
      return item;
    }),
  );
}
