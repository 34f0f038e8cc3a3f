/** What the buttons of messages and notices do. */

import { copyText } from "./clipboard.js";
import { byId } from "./templates.js";

/**
 * @typedef {object} Parts
 * @property {import("./client.js").Client} client
 * @property {import("./thread.js").MessageThread} thread
 * @property {import("./composer.js").MessageComposer} composer
 */

/** @param {Parts} parts @param {AbortSignal} signal */
export function handleMessageActions(parts, signal) {
  const log = byId("log");
  log.addEventListener("click", (/** @type {MouseEvent} */ event) => pressed(event, parts), {
    signal,
  });
  log.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => moveInToolbar(event), {
    signal,
  });
  byId("retry-menu")?.addEventListener(
    "click",
    (/** @type {MouseEvent} */ event) => modelChosen(event, parts),
    { signal },
  );
}

/** Edit the newest message of the person. @param {Parts} parts */
export function editLast(parts) {
  const messages = byId("log").querySelectorAll("article.message--user[data-message]");
  const last = messages[messages.length - 1];
  if (last) ACTIONS.edit(last, parts);
}

/** Copy the newest answer. */
export function copyLastAnswer() {
  const answers = byId("log").querySelectorAll(
    "article.message--assistant:has(> template[data-source])",
  );
  const last = answers[answers.length - 1];
  if (last) ACTIONS.copy(last);
}

/** @type {Record<string, (article: any, parts?: any, button?: any) => void>} */
const ACTIONS = {
  copy: (article) => copyText(sourceOf(article), "Copied"),
  edit: (article, { composer }) => composer.edit(contentOf(questionOf(article))),
  retry: ({ dataset }, { client }) => client.begin({ type: "turn.retry", turn: dataset.turn }),
  "retry-menu": openRetryMenu,
  change_model: openRetryMenu,
  continue: ({ dataset }, { client }) =>
    client.begin({ type: "turn.continue", turn: dataset.turn }),
  cancel: (_article, { client }) => client.cancel(),
  resend: (article, { client, thread }) => resend(thread.takeFailed(article), client),
};

/** @param {MouseEvent} event @param {Parts} parts */
function pressed({ target }, parts) {
  const button = /** @type {Element} */ (target).closest?.("[data-action]");
  const article = button?.closest("article");
  const act = ACTIONS[/** @type {HTMLElement} */ (button)?.dataset.action ?? ""];
  if (article && act) act(article, parts, button);
}

/** @param {HTMLElement} article */
function sourceOf(article) {
  const source = /** @type {HTMLTemplateElement | null} */ (
    article.querySelector("template[data-source]")
  );
  return (
    source?.content.textContent ?? article.querySelector('[data-slot="text"]')?.textContent ?? ""
  );
}

/** The person's message that an article is, or answers. @param {HTMLElement} article */
function questionOf(article) {
  const { userMessage } = article.dataset;
  return userMessage ? (document.getElementById(`message-${userMessage}`) ?? article) : article;
}

/** @param {HTMLElement} article */
function contentOf(article) {
  const links = /** @type {HTMLAnchorElement[]} */ ([
    ...article.querySelectorAll("a[data-attachment]"),
  ]);
  return {
    message: article.dataset.message ?? "",
    text: article.querySelector('[data-slot="text"]')?.textContent ?? "",
    attachments: links.map(attachmentOf),
  };
}

/** What an attachment's link tells of it. @param {HTMLAnchorElement} link */
function attachmentOf(link) {
  return {
    id: link.dataset.attachment,
    kind: ["image", "pdf"].find((kind) => link.classList.contains(`attachment--${kind}`)) ?? "text",
    name: link.querySelector('[data-slot="name"]')?.textContent ?? "",
    href: link.getAttribute("href"),
    thumbnail_href: link.querySelector("img")?.getAttribute("src"),
  };
}

/** @param {any} failed @param {import("./client.js").Client} client */
function resend(failed, client) {
  if (!failed) return;
  const { client_id: _used, ...command } = failed.command;
  const sent = client.begin(command, { attachments: failed.attachments });
  client.drafts.keepUnsent(client.conversation, sent.client_id, command.text);
}

/** @param {HTMLElement} article @param {Parts} _parts @param {HTMLElement} button */
function openRetryMenu(article, _parts, button) {
  const menu = byId("retry-menu");
  menu.dataset.turn = article.dataset.turn ?? "";
  menu.showPopover({ source: button });
}

/** @param {MouseEvent} event @param {Parts} parts */
function modelChosen({ target }, { client }) {
  const choice = /** @type {HTMLElement | null} */ (
    /** @type {Element} */ (target).closest("[data-model]")
  );
  const menu = byId("retry-menu");
  if (!choice) return;
  menu.hidePopover();
  client.begin({ type: "turn.retry", turn: menu.dataset.turn, model: choice.dataset.model });
}

/** A toolbar is walked through with the arrow keys. @param {KeyboardEvent} event */
function moveInToolbar(event) {
  const { target, key } = event;
  const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  const toolbar = /** @type {Element} */ (target).closest?.('[role="toolbar"]');
  if (!step || !toolbar || event.altKey || event.ctrlKey || event.metaKey) return;
  const buttons = /** @type {HTMLElement[]} */ ([
    ...toolbar.querySelectorAll("button:not([hidden])"),
  ]);
  const place = buttons.indexOf(/** @type {HTMLElement} */ (target)) + step;
  buttons.at(place % buttons.length)?.focus();
  event.preventDefault();
}
