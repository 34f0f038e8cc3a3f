/** Answers whose rest a person asked for: shown at once, and taken back if the server refuses. */

import { clone, slot } from "./page.js";

/**
 * @typedef {object} Resumed
 * @property {HTMLElement} article
 * @property {Node[]} notices why the answer had ended
 * @property {string} state
 */

export class Resuming {
  #column;
  /** @type {Map<string, Resumed>} by client id */
  #resumed = new Map();

  /** @param {HTMLElement} column */
  constructor(column) {
    this.#column = column;
  }

  /** @param {any} command a turn.continue */
  show({ client_id: clientId, turn }) {
    const article = /** @type {HTMLElement | null} */ (
      this.#column.querySelector(`article[data-turns~="${CSS.escape(turn)}"]`)
    );
    if (!article || "clientId" in article.dataset) return;
    const notices = slot(article, "notices");
    const { state = "" } = article.dataset;
    this.#resumed.set(clientId, { article, notices: [...notices.childNodes], state });
    keepFocus(article, notices);
    notices.replaceChildren(clone("template-unsent"));
    article.dataset.clientId = clientId;
    slot(article, "waiting").hidden = false;
  }

  /** The server has it: from now on its events tell how the answer is. @param {string} clientId */
  accept(clientId) {
    this.#settle(clientId)?.notices.replaceChildren();
  }

  /** It will not be sent, or not by this tab. @param {string} clientId */
  reject(clientId) {
    const settled = this.#settle(clientId);
    if (!settled) return;
    const { article, before, notices } = settled;
    notices.replaceChildren(...before.notices);
    article.dataset.state = before.state;
    slot(article, "waiting").hidden = true;
  }

  /** @param {string} clientId */
  #settle(clientId) {
    const before = this.#resumed.get(clientId);
    if (!before) return null;
    const { article } = before;
    this.#resumed.delete(clientId);
    // What another tab asked for may be drawn there by now.
    if (article.dataset.clientId !== clientId) return null;
    delete article.dataset.clientId;
    return { article, before, notices: slot(article, "notices") };
  }
}

/** The button goes away that was pressed: the focus stays with its answer. @param {HTMLElement} article @param {HTMLElement} notices */
function keepFocus(article, notices) {
  if (!notices.contains(document.activeElement)) return;
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
}
