/** Which articles the shown branch of a conversation consists of. */

import { isLive } from "./store.js";

/** @typedef {import("./store.js").State} State */
/** @typedef {{id: string, message: any, turn: string | null}} Expected */

/** The articles of the branch, oldest first. @param {State} state @returns {Expected[]} */
export function expectedArticles(state) {
  /** @type {Expected[]} */
  const expected = [];
  for (const id of state.path) {
    const message = state.messages[id];
    const place = message?.turn
      ? { id: `turn-${message.turn}`, message, turn: message.turn }
      : { id: `message-${id}`, message, turn: null };
    // The messages of one turn are one article.
    if (expected.at(-1)?.id !== place.id) expected.push(place);
  }
  const open = shownTurn(state);
  if (open && expected.at(-1)?.id !== `turn-${open.id}`)
    expected.push({ id: `turn-${open.id}`, message: null, turn: open.id });
  return expected;
}

/** The turn that answers the branch's last message, if that is a person's. @param {State} state */
export function shownTurn(state) {
  const last = state.path.at(-1);
  const turns = Object.values(state.turns).filter((turn) => turn.user_message === last);
  return turns.find(isLive) ?? turns.at(-1);
}

/**
 * Whether an article is the notice of a turn that ended without a message: it stays
 * between the messages unless its question was answered later.
 *
 * @param {HTMLElement} article
 * @param {State} state
 * @param {Set<any>} answered
 */
export function isStandingNotice({ dataset }, state, answered) {
  const question = dataset.userMessage;
  return Boolean(
    dataset.turn &&
    !dataset.message &&
    question &&
    state.path.includes(question) &&
    !answered.has(question),
  );
}
