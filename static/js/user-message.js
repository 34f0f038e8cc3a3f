/** The article of what a person wrote, before the server's own takes its place. */

import { attachmentLink, originLinks } from "./attachment-link.js";
import { clone, fill, name, slot } from "./page.js";

/**
 * @param {{text: string, attachments: any[]}} message
 * @returns {HTMLElement}
 */
export function buildUserMessage({ text, attachments }) {
  const article = clone("template-user-message");
  fill(article, "text", text);
  const bubble = /** @type {HTMLElement | null} */ (article.querySelector(".message__bubble"));
  if (bubble) bubble.hidden = text === "";
  const list = slot(article, "attachments");
  list.replaceChildren(...attachments.map(listItem));
  list.hidden = attachments.length === 0;
  return article;
}

/** Give an article the identity that the server knows. @param {HTMLElement} article @param {any} message */
export function identify(article, { id, parent }) {
  name(article, `message-${id}`);
  article.dataset.message = id;
  article.dataset.parent = parent ?? "";
  delete article.dataset.clientId;
  delete article.dataset.state;
  showDelivery(article, "");
}

/**
 * Say how a command is doing on its way to the server.
 *
 * @param {HTMLElement} article
 * @param {string} words empty when there is nothing to say
 * @param {{canResend?: boolean, canWithdraw?: boolean}} [options]
 */
export function showDelivery(article, words, { canResend = false, canWithdraw = false } = {}) {
  const place = slot(article, "delivery");
  place.hidden = words === "";
  fill(place, "reason", words);
  offer(place, "resend", canResend);
  offer(place, "withdraw", canWithdraw);
}

/** @param {HTMLElement} place @param {string} action @param {boolean} isOffered */
function offer(place, action, isOffered) {
  const button = /** @type {HTMLElement | null} */ (
    place.querySelector(`[data-action="${action}"]`)
  );
  if (button) button.hidden = !isOffered;
}

/** @param {any} attachment */
function listItem(attachment) {
  const item = document.createElement("li");
  item.append(attachmentLink(attachment), ...originLinks(attachment));
  return item;
}
