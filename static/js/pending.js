/** What a person asked for, shown at once and taken back if the server refuses. */

import { LiveAnswer } from "./answer.js";
import { name } from "./page.js";
import { buildUserMessage, identify, showDelivery } from "./user-message.js";

/**
 * @typedef {object} Shown
 * @property {any} command
 * @property {any[]} attachments
 * @property {HTMLElement | null} user
 * @property {LiveAnswer} answer
 * @property {Element[]} detached what the command will replace, to be put back on refusal
 * @property {Element | null} anchor the element that `detached` followed
 */

export class Pending {
  #column;
  #grown;
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  /** @type {WeakMap<Element, Shown>} */
  #failed = new WeakMap();

  /** @param {HTMLElement} column @param {() => void} grown called when an answer grew */
  constructor(column, grown) {
    this.#column = column;
    this.#grown = grown;
  }

  get isEmpty() {
    return this.#shown.size === 0;
  }

  /**
   * @param {any} command
   * @param {{attachments?: any[], isConnected: boolean}} options
   */
  show(command, { attachments = [], isConnected }) {
    const from = this.#replacedBy(command);
    const anchor = from?.previousElementSibling ?? null;
    const detached = from ? detachFrom(from) : [];
    const user = "text" in command ? this.#userArticle(command, attachments) : null;
    const answer = new LiveAnswer(this.#grown);
    answer.element.dataset.clientId = command.client_id;
    this.#column.append(...(user ? [user] : []), answer.element);
    this.#shown.set(command.client_id, { command, attachments, user, answer, detached, anchor });
    this.#deliver(command.client_id, isConnected);
  }

  /** Say which messages wait for the connection. @param {boolean} isConnected */
  connectionChanged(isConnected) {
    for (const id of this.#shown.keys()) this.#deliver(id, isConnected);
  }

  /**
   * The server has it. Returns the answer that waits for the turn's events.
   *
   * @param {string} clientId
   * @param {any} message
   * @param {any} turn
   * @returns {LiveAnswer | null}
   */
  accept(clientId, message, turn) {
    const shown = this.#shown.get(clientId);
    if (!shown) return null;
    this.#shown.delete(clientId);
    delete shown.answer.element.dataset.clientId;
    // After a reload the server's page may hold what this tab sends again.
    if (document.getElementById(`message-${message.id}`)) shown.user?.remove();
    else if (shown.user) identify(shown.user, message);
    if (document.getElementById(`turn-${turn.id}`)) {
      shown.answer.element.remove();
      return null;
    }
    return shown.answer;
  }

  /**
   * The server refused. `isGivenBack` says whether the composer took the text.
   *
   * @param {string} clientId
   * @param {string} reason
   * @param {boolean} isGivenBack
   */
  reject(clientId, reason, isGivenBack) {
    const shown = this.#shown.get(clientId);
    if (!shown) return;
    this.#shown.delete(clientId);
    shown.answer.element.remove();
    putBack(this.#column, shown);
    if (isGivenBack || !shown.user) shown.user?.remove();
    else this.#keepFailed(shown.user, shown, reason);
  }

  /** The files that went with a command. @param {string} clientId @returns {any[]} */
  attachmentsOf(clientId) {
    return this.#shown.get(clientId)?.attachments ?? [];
  }

  /** Return the refused command of an article, and remove the article. @param {HTMLElement} article */
  takeFailed(article) {
    const failed = this.#failed.get(article);
    article.remove();
    return failed;
  }

  /** @param {HTMLElement} user @param {Shown} shown @param {string} reason */
  #keepFailed(user, shown, reason) {
    this.#failed.set(user, shown);
    user.dataset.state = "failed";
    showDelivery(user, `Not sent. ${reason}`, { canResend: true });
  }

  /** @param {any} command @param {any[]} attachments */
  #userArticle(command, attachments) {
    const article = buildUserMessage({ text: command.text, attachments });
    name(article, `message-${command.client_id}`);
    article.dataset.clientId = command.client_id;
    return article;
  }

  /** @param {string} clientId @param {boolean} isConnected */
  #deliver(clientId, isConnected) {
    const { user, answer } = /** @type {Shown} */ (this.#shown.get(clientId));
    answer.element.hidden = !isConnected;
    if (!user) return;
    user.dataset.state = isConnected ? "sending" : "waiting";
    showDelivery(user, isConnected ? "" : "Waiting to send");
  }

  /** The first element that the command makes obsolete. @param {any} command */
  #replacedBy(command) {
    if (command.type === "message.edit")
      return document.getElementById(`message-${command.message}`);
    if (command.type === "turn.retry") return document.getElementById(`turn-${command.turn}`);
    return null;
  }
}

/** @param {Element} first */
function detachFrom(first) {
  const detached = [];
  for (let next = /** @type {Element | null} */ (first); next; next = next.nextElementSibling)
    detached.push(next);
  for (const element of detached) element.remove();
  return detached;
}

/** @param {HTMLElement} column @param {Shown} shown */
function putBack(column, { anchor, detached }) {
  // A reconnect in between may have brought some of them again.
  const missing = detached.filter(({ id }) => !document.getElementById(id));
  if (anchor) anchor.after(...missing);
  else column.prepend(...missing);
}
