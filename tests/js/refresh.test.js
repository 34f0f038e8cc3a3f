import { fetchFragment } from "/static/js/fragments.js";
import { refresh } from "/static/js/refresh.js";
import { equal, ok, test, throws } from "./check.js";

const FRAGMENT = "/tests-js/article.html";

/** Put a running answer on the page: thinking, a text and a button. */
function runningAnswer(root) {
  const article = document.createElement("article");
  const thinking = document.createElement("details");
  const summary = document.createElement("summary");
  const label = document.createElement("span");
  const text = document.createElement("p");
  const button = document.createElement("button");
  thinking.className = "thinking";
  label.className = "thinking__label";
  label.textContent = "Thought for 12 s";
  text.textContent = "Running";
  button.dataset.action = "copy";
  button.textContent = "Copy";
  summary.append(label);
  thinking.append(summary);
  article.append(thinking, text, button);
  root.replaceChildren(article);
  return { article, thinking, text, button };
}

test("a fragment's nodes come ready to be inserted", async () => {
  const { nodes } = await fetchFragment(FRAGMENT);

  equal(
    [...nodes.children].map(({ id }) => id),
    ["turn-1"],
  );
  ok(nodes.firstElementChild.ownerDocument === document);
});

test("a missing fragment says what to do", async () => {
  await throws(() => fetchFragment("/tests-js/nothing.html"), "no longer there");
});

test("the finished article takes the place of the running one", async (root) => {
  const { article } = runningAnswer(root);

  const fresh = await refresh(article, FRAGMENT);

  equal(
    [root.childElementCount, root.firstElementChild === fresh, fresh.dataset.state],
    [1, true, "completed"],
  );
});

test("what is open stays open, what has the focus keeps it, and the time stays", async (root) => {
  const { article, thinking, button } = runningAnswer(root);
  thinking.open = true;
  button.focus();

  const fresh = await refresh(article, FRAGMENT);

  ok(fresh.querySelector("details").open);
  equal(document.activeElement, fresh.querySelector("button"));
  equal(fresh.querySelector(".thinking__label").textContent, "Thought for 12 s");
});

test("a selection in the article is not torn away", async (root) => {
  const { article, text } = runningAnswer(root);
  getSelection().selectAllChildren(text);
  const swapped = refresh(article, FRAGMENT);
  await fetchFragment(FRAGMENT);
  ok(article.isConnected);

  getSelection().removeAllRanges();
  await swapped;

  ok(!article.isConnected);
});

test("an article that went away stays away", async (root) => {
  const { article } = runningAnswer(root);

  const swapped = refresh(article, FRAGMENT);
  article.remove();

  equal([await swapped, root.childElementCount], [null, 0]);
});

test("only the newest request for an article counts", async (root) => {
  const { article } = runningAnswer(root);

  const [first, second] = await Promise.all([
    refresh(article, FRAGMENT),
    refresh(article, FRAGMENT),
  ]);

  equal([first, root.firstElementChild === second], [null, true]);
});
