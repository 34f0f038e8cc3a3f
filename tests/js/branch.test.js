import { expectedArticles, placesIn, turnsOf } from "/static/js/thread.js";
import { equal, test } from "./check.js";

const user = (id) => ({ id, role: "user", turn: null });
const answer = (id, turn) => ({ id, role: "assistant", turn });
const turn = (id, question, state) => ({ id, user_message: question, state });

function stateOf(messages, turns) {
  return {
    path: messages.map(({ id }) => id),
    messages: Object.fromEntries(messages.map((message) => [message.id, message])),
    turns: Object.fromEntries(turns.map((each) => [each.id, each])),
  };
}

function idsOf(messages, turns) {
  return expectedArticles(stateOf(messages, turns)).map(({ id }) => id);
}

test("questions and answers are articles in the order of the branch", () => {
  const ids = idsOf(
    [user("q"), answer("a", "t"), user("q2")],
    [turn("t", "q", "completed"), turn("t2", "q2", "running")],
  );

  equal(ids, ["message-q", "turn-t", "message-q2", "turn-t2"]);
});

test("the messages of all rounds of a turn are one article", () => {
  equal(idsOf([user("q"), answer("a", "t"), answer("b", "t")], [turn("t", "q", "completed")]), [
    "message-q",
    "turn-t",
  ]);
});

test("a turn that is written already has its article once", () => {
  equal(idsOf([user("q"), answer("a", "t")], [turn("t", "q", "running")]), ["message-q", "turn-t"]);
});

test("of several turns that answer the last question the running one is shown, else the newest", () => {
  equal(
    idsOf(
      [user("q")],
      [turn("t1", "q", "failed"), turn("t2", "q", "running"), turn("t3", "q", "failed")],
    ),
    ["message-q", "turn-t2"],
  );
  equal(idsOf([user("q")], [turn("t1", "q", "failed"), turn("t2", "q", "cancelled")]), [
    "message-q",
    "turn-t2",
  ]);
});

const continued = (id, question, state, continues) => ({
  ...turn(id, question, state),
  continues,
});

test("an answer that was continued is one article, without what asked for the rest", () => {
  const ids = idsOf(
    [user("q"), answer("a", "t"), user("more"), answer("b", "t2"), user("q2")],
    [
      turn("t", "q", "cancelled"),
      continued("t2", "more", "completed", "t"),
      turn("t3", "q2", "running"),
    ],
  );

  equal(ids, ["message-q", "turn-t", "message-q2", "turn-t3"]);
});

test("the rest that is being written belongs to the answer that it continues", () => {
  const messages = [user("q"), answer("a", "t"), user("more")];
  const turns = [turn("t", "q", "failed"), continued("t2", "more", "failed", "t")];

  equal(idsOf(messages, turns), ["message-q", "turn-t"]);
  // Answered again, by a turn that does not say what it continues.
  equal(idsOf(messages, [...turns, turn("t3", "more", "running")]), ["message-q", "turn-t"]);
});

test("an answer is continued over and over", () => {
  const state = stateOf(
    [user("q"), answer("a", "t"), user("m"), answer("b", "t2"), user("m2")],
    [
      turn("t", "q", "cancelled"),
      continued("t2", "m", "interrupted", "t"),
      continued("t3", "m2", "running", "t2"),
    ],
  );

  equal(expectedArticles(state).at(-1), { id: "turn-t", message: null, turn: "t3" });
  equal(turnsOf(state, "t3"), ["t", "t2", "t3"]);
});

test("a branch that is known from the middle of an answer on finds its article", (root) => {
  const article = document.createElement("article");
  article.id = "turn-t";
  article.dataset.turns = "t t2";
  root.append(article);
  const state = stateOf([answer("b", "t2"), user("q2")], [turn("t3", "q2", "running")]);

  equal(
    placesIn(root, state).map(({ id }) => id),
    ["turn-t", "message-q2", "turn-t3"],
  );
});

test("messages that the page loaded itself stand in the articles that they came with", () => {
  const loaded = ["a", "more", "b"].map((id) => ({ ...answer(id, "t2"), article: "turn-t" }));

  equal(idsOf([user("q"), ...loaded, user("q2")], []), ["message-q", "turn-t", "message-q2"]);
});

test("an empty conversation has no articles", () => {
  equal(idsOf([], []), []);
});
