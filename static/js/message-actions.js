/** What the buttons of messages and notices do. */

import { byId, showToast, withPart } from "./page.js";

/**
 * @typedef {object} Parts
 * @property {import("./client.js").Client} client
 * @property {import("./thread.js").MessageThread} thread
 * @property {import("./composer.js").MessageComposer} composer
 */

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

const loadCompaction = () => import("./compaction.js");

/** @type {Record<string, (article: any, parts?: any, button?: any) => void>} */
const ACTIONS = {
  copy: (article) => copyText(sourceOf(article), "Copied"),
  edit: (article, { composer }) => composer.edit(contentOf(questionOf(article))),
  retry: (article, parts) => begin(parts, { type: "turn.retry", turn: firstTurn(article) }),
  "retry-menu": openRetryMenu,
  change_model: openRetryMenu,
  continue: ({ dataset }, parts) => begin(parts, { type: "turn.continue", turn: dataset.kept }),
  decide: decideCall,
  compact: ({ dataset }, { client }) =>
    withPart(loadCompaction, ({ compact }) =>
      compact(client, dataset.message || dataset.userMessage),
    ),
  cancel_compaction: (_article, { client }, button) =>
    withPart(loadCompaction, ({ cancelCompaction }) =>
      cancelCompaction(client, button.closest("[data-compaction]").dataset.compaction),
    ),
  cancel: (_article, { client }) => client.cancel(),
};

/** Say whether a tool may run. @param {HTMLElement} article @param {Parts} parts @param {HTMLElement} button */
function decideCall({ dataset: { turn } }, { client }, button) {
  const card = /** @type {HTMLElement} */ (button.closest("[data-call]"));
  const { decision } = button.dataset;
  const command = { type: "tool.decide", turn, call: card.dataset.call, decision };
  if (!client.socket.send(command))
    showToast("There is no connection. Decide again when it is back.", "error");
}

/** Begin a turn once the page can show it. @param {Parts} parts @param {any} command */
function begin({ client, thread }, command) {
  withPart(
    () => thread.prepare(),
    () => client.begin(command),
  );
}

/** Do what a button says. @param {Element} button @param {Parts} parts */
export function act(button, parts) {
  const article = button.closest("article");
  const action = ACTIONS[/** @type {HTMLElement} */ (button).dataset.action ?? ""];
  if (article && action) action(article, parts, button);
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

/** Answering again begins from the start, also when an answer has several parts. @param {HTMLElement} article */
function firstTurn({ dataset: { turns = "" } }) {
  return turns.split(" ")[0];
}

/** @param {HTMLElement} article @param {Parts} _parts @param {HTMLElement} button */
function openRetryMenu(article, _parts, button) {
  const menu = byId("retry-menu");
  if (!offerModels(menu, article.dataset)) {
    showToast("No other model is offered here. Edit the message instead.", "error");
    return;
  }
  menu.dataset.turn = firstTurn(article);
  menu.showPopover({ source: button });
}

/** The models of the menu as the server printed them. @type {HTMLElement[]} */
let printed = [];

/**
 * Offer the models that may answer: not those that have declined, the recommended one first.
 * Returns how many there are.
 *
 * @param {HTMLElement} menu
 * @param {DOMStringMap} answer
 */
function offerModels(menu, { refusedBy = "", recommended = "" }) {
  if (!printed.length) printed = [...menu.querySelectorAll("[data-model]")];
  const refusing = refusedBy.split(" ");
  const offered = printed.filter(({ dataset }) => !refusing.includes(dataset.model ?? ""));
  offered.sort((a, b) => Number(isNamed(b, recommended)) - Number(isNamed(a, recommended)));
  for (const item of printed) item.remove();
  menu.append(...offered);
  for (const item of offered)
    item.toggleAttribute("data-recommended", isNamed(item, recommended));
  return offered.length;
}

/** @param {HTMLElement} item @param {string} model */
function isNamed({ dataset }, model) {
  return model !== "" && dataset.model === model;
}

/** Answer again with a model of the menu. @param {HTMLElement} choice @param {Parts} parts */
export function retryWith({ dataset: { model } }, parts) {
  const menu = byId("retry-menu");
  menu.hidePopover();
  begin(parts, { type: "turn.retry", turn: menu.dataset.turn, model });
}

/** Copy text, and tell the person how that went. @param {string} text @param {string} done what to say when it worked */
async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    showToast(done);
  } catch {
    // Without https, or without the person's leave, a page has no clipboard.
    showToast("The browser did not allow copying. Select the text and copy it by hand.", "error");
  }
}
