import { expectedArticles } from "/static/js/thread.js";
import { equal, test } from "./check.js";

const user = (id) => ({ id, role: "user", turn: null });
const answer = (id, turn) => ({ id, role: "assistant", turn });
const turn = (id, question, state) => ({ id, user_message: question, state });

function idsOf(messages, turns) {
  const state = {
    path: messages.map(({ id }) => id),
    messages: Object.fromEntries(messages.map((message) => [message.id, message])),
    turns: Object.fromEntries(turns.map((each) => [each.id, each])),
  };
  return expectedArticles(state).map(({ id }) => id);
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

test("an empty conversation has no articles", () => {
  equal(idsOf([], []), []);
});
