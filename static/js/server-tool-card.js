/** The card of a server tool in a running answer: its call, then its result. */

import { isExternal } from "./markdown-urls.js";
import { clone } from "./page.js";
import { describe } from "./server-tools.js";

/** @typedef {import("./store.js").LiveBlock} LiveBlock */
/** @typedef {import("./server-tools.js").Card} Card */

export class ServerToolCard {
  element = clone("template-server-tool");
  source = "";
  /** @type {LiveBlock[]} */
  #entries = [];
  #isOver = false;
  #shown = "";

  /** @param {LiveBlock[]} entries the call, and its result once that is there */
  update(entries) {
    this.#entries = entries;
    this.#draw();
  }

  /** No result comes any more. */
  finish() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#draw();
  }

  #draw() {
    const [call, result] = this.#entries;
    if (!call) return;
    const card = describe(call.block, result?.block ?? null, !this.#isOver);
    const facts = JSON.stringify(card);
    if (facts === this.#shown) return;
    this.#shown = facts;
    this.#show(card);
  }

  /** @param {Card} card */
  #show(card) {
    const part = (/** @type {string} */ name) =>
      /** @type {HTMLElement} */ (this.element.querySelector(`.tool-card__${name}`));
    this.element.dataset.type = card.kind;
    part("status").dataset.state = card.state;
    part("label").textContent = card.label;
    part("subject").textContent = card.subject;
    part("summary").textContent = card.summary;
    part("body").replaceChildren(...bodyOf(card));
  }
}

/** @param {Card} card @returns {HTMLElement[]} as blocks/server_tool.html prints it */
function bodyOf({ code, links, outputs }) {
  const parts = code ? [preformatted(code)] : [];
  if (links.length) parts.push(made("ol", "links", links.map(linkItem)));
  for (const { name, text } of outputs) parts.push(made("p", "name", [name]), preformatted(text));
  return parts;
}

/** @param {string} text */
function preformatted(text) {
  const element = made("pre", "text", [text]);
  element.tabIndex = 0;
  return element;
}

/** @param {import("./server-tools.js").Link} link */
function linkItem({ title, where, href }) {
  const item = document.createElement("li");
  const name = document.createElement(href ? "a" : "span");
  if (name instanceof HTMLAnchorElement && href) {
    name.setAttribute("href", href);
    name.target = "_blank";
    name.rel = isExternal(href) ? "noopener noreferrer nofollow" : "noopener";
  }
  name.textContent = title;
  item.append(name, " ", made("span", "where", [where]));
  return item;
}

/** @param {string} tag @param {string} part @param {(string | Node)[]} children */
function made(tag, part, children) {
  const element = document.createElement(tag);
  element.className = `tool-card__${part}`;
  element.append(...children);
  return element;
}
