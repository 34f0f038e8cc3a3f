import { Resuming } from "/static/js/resuming.js";
import { equal, test } from "./check.js";

const COMMAND = { type: "turn.continue", client_id: "x", turn: "t2" };

/** A stopped answer of two parts with its notice, and the line for what is not sent. */
function stopped(root) {
  const line = document.createElement("template");
  line.id = "template-unsent";
  line.content.append(element("p", "delivery", "Waiting to be sent"));
  const article = document.createElement("article");
  Object.assign(article.dataset, { turn: "t2", turns: "t t2", state: "cancelled" });
  const notices = element("div", "notices");
  const button = document.createElement("button");
  button.textContent = "Continue";
  notices.append(button);
  article.append(Object.assign(element("div", "waiting"), { hidden: true }), notices);
  root.replaceChildren(line, article);
  return { article, notices, button, resuming: new Resuming(root) };
}

function element(name, place, text = "") {
  const made = document.createElement(name);
  made.dataset.slot = place;
  made.textContent = text;
  return made;
}

const look = ({ article, notices }) => [
  notices.textContent,
  article.firstChild.hidden,
  article.dataset.clientId ?? null,
  article.dataset.state,
];

test("the answer itself waits for its rest, and keeps the focus", (root) => {
  const page = stopped(root);
  page.button.focus();

  page.resuming.show(COMMAND);

  equal(look(page), ["Waiting to be sent", false, "x", "cancelled"]);
  equal(document.activeElement === page.article, true);
});

test("asking twice is asking once", (root) => {
  const page = stopped(root);
  page.resuming.show(COMMAND);
  page.resuming.show({ ...COMMAND, client_id: "y" });

  page.resuming.reject("y");

  equal(look(page), ["Waiting to be sent", false, "x", "cancelled"]);
});

test("an accepted command leaves the answer to its events", (root) => {
  const page = stopped(root);
  page.resuming.show(COMMAND);

  page.resuming.accept("x");

  equal(look(page), ["", false, null, "cancelled"]);
});

test("a refused command gives back why the answer had ended", (root) => {
  const page = stopped(root);
  page.resuming.show(COMMAND);
  page.article.dataset.state = "waiting";

  page.resuming.reject("x");

  equal(look(page), ["Continue", true, null, "cancelled"]);
});

test("an answer that goes on for another tab by now is left alone", (root) => {
  const page = stopped(root);
  page.resuming.show(COMMAND);
  delete page.article.dataset.clientId;
  page.notices.textContent = "Claude is busy";

  page.resuming.reject("x");

  equal(look(page), ["Claude is busy", false, null, "cancelled"]);
});

test("an answer that is not on the page is not waited for", (root) => {
  const page = stopped(root);

  page.resuming.show({ ...COMMAND, turn: "other" });
  page.resuming.reject("x");

  equal(look(page), ["Continue", true, null, "cancelled"]);
});
