/** What a person asked for, shown at once and taken back if the server refuses. */

import { LiveAnswer } from "./answer.js";
import { clone, name, slot } from "./page.js";
import { buildUserMessage, identify } from "./user-message.js";

/**
 * @typedef {object} Shown
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

  /** @param {HTMLElement} column @param {() => void} grown called when an answer grew */
  constructor(column, grown) {
    this.#column = column;
    this.#grown = grown;
  }

  /** @param {any} command @param {{attachments?: any[]}} options */
  show(command, { attachments = [] }) {
    const from = this.#replacedBy(command);
    const anchor = from?.previousElementSibling ?? null;
    const detached = from ? detachFrom(from) : [];
    const user = "text" in command ? this.#userArticle(command, attachments) : null;
    const answer = new LiveAnswer(this.#grown);
    answer.element.dataset.clientId = command.client_id;
    // The line that says how it is doing stands with what the person wrote, if anything.
    if (user) slot(user, "delivery").replaceWith(clone("template-unsent"));
    else slot(answer.element, "notices").append(clone("template-unsent"));
    this.#column.append(...(user ? [user] : []), answer.element);
    this.#shown.set(command.client_id, { user, answer, detached, anchor });
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
    const { element } = shown.answer;
    delete element.dataset.clientId;
    element.hidden = false;
    slot(element, "delivery")?.remove();
    // After a reload the server's page may hold what this tab sends again.
    if (document.getElementById(`message-${message.id}`)) shown.user?.remove();
    else if (shown.user) identify(shown.user, message);
    if (document.getElementById(`turn-${turn.id}`)) {
      element.remove();
      return null;
    }
    return shown.answer;
  }

  /** It will not be sent, or not by this tab. @param {string} clientId */
  reject(clientId) {
    const shown = this.#shown.get(clientId);
    if (!shown) return;
    this.#shown.delete(clientId);
    shown.answer.element.remove();
    shown.user?.remove();
    putBack(this.#column, shown);
  }

  /** @param {any} command @param {any[]} attachments */
  #userArticle(command, attachments) {
    const article = buildUserMessage({ text: command.text, attachments });
    name(article, `message-${command.client_id}`);
    article.dataset.clientId = command.client_id;
    return article;
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
