/** Messages that may come next, above the box: a click puts one into it. */

import { isLive } from "./store.js";

/** @typedef {import("./store.js").State} State */

/**
 * Keep the suggestions those of the newest answer.
 *
 * @param {HTMLElement} place
 * @param {{client: any, composer: any}} parts
 * @param {AbortSignal} signal
 */
export function offerSuggestions(place, { client, composer }, signal) {
  let shown = "";
  const draw = () => {
    const found = client.unsent.length ? [] : suggestionsIn(client.state);
    const text = JSON.stringify(found);
    if (text === shown) return;
    shown = text;
    place.replaceChildren(...found.map(button));
    place.hidden = !found.length;
  };
  for (const type of ["changed", "sent", "unsent"]) client.addEventListener(type, draw, { signal });
  place.addEventListener(
    "click",
    ({ target }) => {
      const chosen = /** @type {Element} */ (target).closest("button");
      if (chosen) composer.fill(chosen.textContent);
    },
    { signal },
  );
  draw();
}

/** What may follow the newest answer of the branch. @param {State} state @returns {string[]} */
export function suggestionsIn({ path, messages, turns }) {
  const last = messages[path.at(-1) ?? ""];
  const all = Object.values(turns);
  if (!last || all.some(isLive)) return [];
  // An answer that has just ended is on the path, and no message of its own is known.
  const turn = turns[last.turn] ?? all.find(({ leaf }) => leaf === last.id);
  return turn?.suggestions ?? [];
}

/** @param {string} words */
function button(words) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "suggestion";
  made.textContent = words;
  return made;
}
