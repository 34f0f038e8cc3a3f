import { Announcer, plain, Sentences } from "/static/js/announcer.js";
import { equal, test } from "./check.js";

/** What is spoken when a text comes in pieces. */
function spoken(...pieces) {
  const sentences = new Sentences();
  const said = pieces.map((piece) => {
    sentences.push(piece);
    return sentences.take();
  });
  return [...said, sentences.take({ isLast: true })].filter(Boolean);
}

/** An announcer on a clock that the test moves; `said` holds [ms, text]. */
function announcing(mode) {
  const said = [];
  let now = 0;
  let timer = null;
  const region = {
    set textContent(text) {
      said.push([now, text]);
    },
  };
  const alerts = document.createElement("div");
  const clock = { now: () => now, setTimer: (act, ms) => (timer = { act, at: now + ms }) };
  const pass = (ms) => {
    const end = now + ms;
    while (timer && timer.at <= end) {
      now = Math.max(now, timer.at);
      const { act } = timer;
      timer = null;
      act();
    }
    now = end;
  };
  return { announcer: new Announcer(region, alerts, { mode, clock }), alerts, said, pass };
}

test("speaks whole sentences only, each once", () => {
  equal(spoken("Hello wor", "ld. How are", " you? Fine"), ["Hello world.", "How are you?", "Fine"]);
});

test("a full stop at the end of a piece may belong to a number", () => {
  equal(spoken("It is 3.", "14 metres."), ["It is 3.14 metres."]);
});

test("names code instead of spelling it", () => {
  equal(spoken("Look:\n```py", "thon\nprint(1). It\n", "```\nDone. "), [
    "Look:",
    "(code block)",
    "Done.",
  ]);
});

test("half a fence is not spoken", () => {
  equal(spoken("``", "`js\nx. y\n```\n"), ["(code block)"]);
});

test("leaves Markdown's marks out", () => {
  equal(
    [
      "## A **bold** title",
      "- [x] done",
      "> *quoted*",
      "See [the page](https://example.com).",
      "`x` and $$a^2$$",
      "|---|:-:|",
      "| a | b |",
    ].map(plain),
    ["A bold title", "done", "quoted", "See the page.", "x and (formula)", "", "a, b"],
  );
});

test("keeps stars and underscores that are no marks", () => {
  equal(plain("2 * 3 and a citation\uE0001\uE001"), "2 * 3 and a citation1");
});

test("batches are four seconds apart", () => {
  const { announcer, said, pass } = announcing();

  announcer.begin();
  pass(100);
  for (const word of ["One. ", "Two. ", "Three. "]) {
    announcer.append(word);
    pass(1000);
  }
  pass(4000);

  equal(said, [
    [0, "Claude is answering."],
    [4000, "One. Two. Three."],
  ]);
});

test("the end brings the rest and the closing words", () => {
  const { announcer, said, pass } = announcing();
  announcer.begin();
  pass(5000);

  announcer.append("One. Two");
  announcer.finish("Answer finished.");
  pass(1);

  equal(said.at(-1), [5000, "One. Two Answer finished."]);
});

test("a summary has the beginning and the end only", () => {
  const { announcer, said, pass } = announcing("summary");

  announcer.begin();
  announcer.append("One. Two. ");
  pass(4000);
  announcer.finish("Answer finished.");
  pass(4000);

  equal(
    said.map(([, text]) => text),
    ["Claude is answering.", "Answer finished."],
  );
});

test("switched off it says nothing but failures", () => {
  const { announcer, alerts, said, pass } = announcing("off");

  announcer.begin();
  announcer.finish("Answer finished.");
  announcer.alert("Claude is overloaded.");
  pass(9000);

  equal([said, alerts.textContent], [[], "Claude is overloaded."]);
});
