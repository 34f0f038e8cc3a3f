/** What tests ask about the cards of server tools. */

import { ServerToolCard } from "/static/js/server-tool-card.js";
import { canonical, serverBody } from "./dom.js";

/** Returns the canonical forms of the server's card at `path` and of the browser's. */
export async function bothForms(path, blocks) {
  const body = await serverBody(path);
  const template = document.importNode(body.querySelector("template"), true);
  template.id = "template-server-tool";
  const root = document.getElementById("root");
  root.replaceChildren(template);
  const card = new ServerToolCard();
  blocks.forEach((_, place) => card.update(entries(blocks.slice(0, place + 1))));
  card.finish();
  const holder = document.createElement("div");
  holder.append(card.element);
  body.querySelector("template").remove();
  // They can be downloaded once the answer is stored: the browser draws none.
  body.querySelector(".tool-card__files")?.remove();
  return [canonical(body), canonical(holder)];
}

function entries(blocks) {
  return blocks.map((block, index) => ({ index, block, finished: true }));
}
