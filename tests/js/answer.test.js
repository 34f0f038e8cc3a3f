import { LiveAnswer, segmentsOf } from "/static/js/answer.js";
import { Sources } from "/static/js/sources.js";
import { equal, ok, test, until } from "./check.js";

const text = (index, words, more = {}) => ({
  index,
  block: { type: "text", text: words, ...more },
  finished: true,
});
const thinking = (index, words, finished = true) => ({
  index,
  block: { type: "thinking", thinking: words },
  finished,
});
const page = (first) => ({
  type: "page_location",
  document_index: 0,
  start_page_number: first,
  end_page_number: first + 1,
  cited_text: `quote ${first}`,
});
const turn = (blocks, more = {}) => ({
  id: "t",
  conversation: "c",
  user_message: "q",
  state: "running",
  documents: [{ attachment: "f", title: "Policy", kind: "pdf", href: "/attachments/f/" }],
  answers: blocks.length ? [{ id: "a", round: 1, blocks }] : [],
  retrying: null,
  error: null,
  started_at: new Date().toISOString(),
  ...more,
});

/** Make the <template> elements that an answer needs, as the page has them. */
function addTemplates(root) {
  root.replaceChildren(
    template("template-answer", "article", [
      ["ul", { slot: "repairs" }],
      ["div", { slot: "body" }],
      ["div", { slot: "waiting" }],
      ["div", { slot: "notices" }],
    ]),
    template("template-thinking", "details", [
      ["span", { class: "thinking__label" }],
      ["span", { class: "thinking__clock" }],
      ["span", { class: "thinking__preview" }],
      ["div", { class: "thinking__text" }],
    ]),
    template("template-redacted-thinking", "p", [["span", { class: "thinking" }]]),
    template("template-tool", "details", [
      ["span", { class: "tool-card__status" }],
      ["span", { class: "tool-card__label" }],
      ["pre", { class: "tool-card__json" }],
    ]),
    template("template-tool-call", "details", [
      ...["status", "label", "subject", "summary", "time"].map((part) => [
        "span",
        { class: `tool-card__${part}` },
      ]),
      ["pre", { class: "tool-card__input" }],
      ["div", { class: "tool-card__ask" }],
      ["p", {}],
      ["pre", { class: "tool-card__result" }],
    ]),
    template("template-server-tool", "details", [
      ...["status", "label", "subject", "summary"].map((part) => [
        "span",
        { class: `tool-card__${part}` },
      ]),
      ["div", { class: "tool-card__body" }],
    ]),
    template("template-notice", "div", [
      ["p", { slot: "title" }],
      ["p", { slot: "message" }],
      ["p", { slot: "request" }],
      ["button", { action: "continue" }],
      ["button", { action: "retry" }],
    ]),
    template("template-retrying", "div", [
      ["p", { slot: "message" }],
      ["span", { slot: "countdown" }],
    ]),
  );
}

function template(id, name, parts) {
  const holder = document.createElement("template");
  const top = document.createElement(name);
  holder.id = id;
  for (const [tag, { slot, action, class: classes }] of parts) {
    const part = document.createElement(tag);
    if (slot) part.dataset.slot = slot;
    if (action) Object.assign(part, { hidden: true }).dataset.action = action;
    if (classes) part.className = classes;
    top.append(part);
  }
  holder.content.append(top);
  return holder;
}

function drawn(root, ...turns) {
  addTemplates(root);
  const answer = new LiveAnswer(() => {});
  root.append(answer.element);
  for (const each of turns) answer.update([each].flat());
  return answer;
}

test("neighbouring texts are one piece, thinking between them parts them", () => {
  const segments = segmentsOf([turn([text(0, "a"), text(1, "b"), thinking(2, "hm"), text(3, "c")])]);

  equal(
    segments.map(({ kind, entries }) => [kind, entries.length]),
    [
      ["text", 2],
      ["thinking", 1],
      ["text", 1],
    ],
  );
});

test("draws text as Markdown and marks the last piece as growing", async (root) => {
  const answer = drawn(
    root,
    turn([{ ...text(0, "Hello **wor"), finished: false }]),
    turn([{ ...text(0, "Hello **world**"), finished: false }]),
  );

  await until(() => answer.element.querySelector("strong")?.textContent === "world");
  const prose = answer.element.querySelector(".prose");
  equal(
    [prose.className, answer.element.dataset.state, answer.element.id],
    ["prose is-streaming", "running", "turn-t"],
  );
});

test("the waiting caret goes when something comes", (root) => {
  const answer = drawn(root, turn([]));
  const waiting = answer.element.querySelector('[data-slot="waiting"]');
  equal(waiting.hidden, false);

  answer.update([turn([text(0, "Hi")])]);

  equal(waiting.hidden, true);
});

test("a block's citations become chips at its end, one number per place", async (root) => {
  const blocks = [
    text(0, "One", { citations: [page(17)] }),
    text(1, " two", { citations: [page(3)] }),
    text(2, " three", { citations: [page(17)] }),
  ];

  const answer = drawn(root, turn(blocks, { state: "completed" }));

  const chips = [...answer.element.querySelectorAll("a.citation")];
  equal(
    chips.map((chip) => [
      chip.textContent,
      chip.getAttribute("href"),
      chip.getAttribute("aria-label"),
    ]),
    [
      ["1", "/attachments/f/#page=17", "Source 1: Policy, page 17"],
      ["2", "/attachments/f/#page=3", "Source 2: Policy, page 3"],
      ["1", "/attachments/f/#page=17", "Source 1: Policy, page 17"],
    ],
  );
  equal(answer.sourceOf(2), {
    number: 2,
    title: "Policy",
    where: "page 3",
    quote: "quote 3",
    href: "/attachments/f/#page=3",
  });
});

test("thinking counts its seconds and says in the end how long it took", (root) => {
  const began = new Date(Date.now() - 12_000).toISOString();
  const answer = drawn(
    root,
    turn([thinking(0, "**Reading**\nfirst", false)], { started_at: began }),
  );
  const part = (name) => answer.element.querySelector(`.thinking__${name}`).textContent;
  equal([part("clock"), part("preview"), part("text")], ["12 s", "Reading", "**Reading**\nfirst"]);

  answer.update([
    turn([thinking(0, "**Reading**\nfirst, then"), text(1, "So")], { started_at: began }),
  ]);

  equal(
    [part("label"), part("clock"), part("text")],
    ["Thought for 12 s", "", "**Reading**\nfirst, then"],
  );
});

const call = (more = {}) => ({
  id: "toolu_1",
  message: "a1",
  name: "calculator",
  title: "Calculator",
  state: "running",
  summary: "2 + 2",
  outcome: "",
  result: null,
  seconds: null,
  ...more,
});

test("a tool's card follows its call", (root) => {
  const block = { type: "tool_use", id: "toolu_1", name: "calculator", input: { a: 1 } };
  const written = [{ index: 0, block, finished: true }];
  const called = (...calls) =>
    turn(written, { calls: Object.fromEntries(calls.map((each) => [each.id, each])) });
  const answer = drawn(root, called());
  const card = answer.element.querySelector("details");
  const part = (name) => card.querySelector(`.tool-card__${name}`);
  const words = () =>
    ["label", "subject", "summary", "time", "result"].map((name) => part(name).textContent);
  equal(words(), ["calculator", "", "Running…", "", ""]);
  equal(JSON.parse(part("input").textContent), { a: 1 });

  answer.update([called(call())]);
  equal(words(), ["Calculator", "2 + 2", "Running…", "", ""]);
  equal(part("result").hidden, true);

  answer.update([
    called(call({ state: "done", outcome: "2 + 2 = 4", result: "4", seconds: 0.25 })),
  ]);
  equal(words(), ["Calculator", "2 + 2", "2 + 2 = 4", "0.3 s", "4"]);
  equal([part("status").dataset.state, part("result").hidden, card.open], ["done", false, false]);

  answer.update([called(call({ state: "failed", result: "It divides by zero." }))]);
  equal(words(), ["Calculator", "2 + 2", "Failed", "", "It divides by zero."]);
  equal(card.open, true);
});

test("a call that waits shows what is to be decided, and says so once", (root) => {
  const block = { type: "tool_use", id: "toolu_1", name: "calculator", input: { a: 1 } };
  const written = [{ index: 0, block, finished: true }];
  const called = (state) => turn(written, { calls: { toolu_1: call({ state }) } });
  const answer = drawn(root, called("waiting"));
  const card = answer.element.querySelector("details");
  const ask = card.querySelector(".tool-card__ask");
  equal([card.open, ask.hidden], [true, false]);
  ok(answer.takeNews().some((line) => line.includes("asks to use Calculator")));

  answer.update([called("running")]);
  equal([card.open, ask.hidden, answer.takeNews()], [false, true, []]);
});

test("a call that nobody ran says so when the turn has ended", (root) => {
  const block = { type: "tool_use", id: "toolu_1", name: "calculator", input: {} };
  const written = [{ index: 0, block, finished: true }];
  const answer = drawn(root, turn(written, { state: "completed" }));

  equal(answer.element.querySelector(".tool-card__summary").textContent, "Not run");
});

test("thinking that is not shown tells how much there is", (root) => {
  const silent = { ...thinking(0, "", false), tokens: 1_234 };
  const answer = drawn(root, turn([silent]));
  const part = (name) => answer.element.querySelector(`.thinking__${name}`).textContent;
  equal([part("preview"), part("text")], ["more than 1,234 tokens", ""]);

  answer.update([turn([{ ...silent, finished: true }])]);

  equal([part("preview"), part("text")], ["", "What Claude thought is not shown."]);
});

test("of redacted thinking nothing is shown but that it is there", (root) => {
  const answer = drawn(
    root,
    turn([{ index: 0, block: { type: "redacted_thinking" }, finished: true }, text(1, "So")]),
  );

  const { children } = answer.element.querySelector('[data-slot="body"]');
  equal([children[0].localName, children[0].textContent], ["p", ""]);
  equal(answer.takeNews(), []);
});

test("what a server did can be gone on with, redacted thinking cannot", (root) => {
  const ways = (...blocks) =>
    [...drawn(root, turn(blocks, { state: "cancelled" })).element.querySelectorAll("button")]
      .filter(({ hidden }) => !hidden)
      .map(({ dataset }) => dataset.action);

  equal(ways(search(0), found(1)), ["continue", "retry"]);
  equal(ways({ index: 0, block: { type: "redacted_thinking" }, finished: true }), ["retry"]);
});

test("an unknown block is shown as it is", (root) => {
  const answer = drawn(
    root,
    turn([{ index: 0, block: { type: "lucky_number", value: 7 }, finished: true }]),
  );

  equal(answer.element.querySelector(".tool-card__label").textContent, "lucky number");
  equal(JSON.parse(answer.element.querySelector(".tool-card__json").textContent), {
    type: "lucky_number",
    value: 7,
  });
});

const search = (index, more = {}) => ({
  index,
  block: { type: "server_tool_use", id: "s1", name: "web_search", input: {}, ...more },
  finished: true,
});
const found = (index, ...content) => ({
  index,
  block: { type: "web_search_tool_result", tool_use_id: "s1", content },
  finished: true,
});
const cardText = ({ element }) =>
  ["label", "subject", "summary"].map(
    (part) => element.querySelector(`.tool-card__${part}`).textContent,
  );

test("a call and its result are one piece, and the texts around it another", () => {
  const segments = segmentsOf([turn([search(0), text(1, "a"), found(2), text(3, "b")])]);

  equal(
    segments.map(({ kind, entries }) => [kind, entries.length]),
    [
      ["server", 2],
      ["text", 2],
    ],
  );
});

test("a search is shown while it runs, and with what it found", (root) => {
  const answer = drawn(root, turn([search(0, { input: { query: "bees" } })]));
  const state = () => answer.element.querySelector(".tool-card__status").dataset.state;
  equal([...cardText(answer), state()], ["Searching the web", "bees", "", "running"]);
  equal(answer.takeNews(), ["Searching the web."]);

  const page = { url: "https://a.example/", title: "A" };
  answer.update([turn([search(0, { input: { query: "bees" } }), found(1, page)])]);

  equal([...cardText(answer), state()], ["Searched the web", "bees", "1 result", "done"]);
  const link = answer.element.querySelector(".tool-card__links a");
  equal([link.href, link.target, link.rel], [page.url, "_blank", "noopener noreferrer nofollow"]);
});

test("a search of an answer that was stopped runs no more", (root) => {
  const answer = drawn(root, turn([search(0)]), turn([search(0)], { state: "cancelled" }));

  equal(cardText(answer), ["Searched the web", "", "No result."]);
});

test("a snapshot without the blocks of a failed attempt takes them away", (root) => {
  const answer = drawn(root, turn([text(0, "half an ans")]), turn([]));

  equal(answer.element.querySelector('[data-slot="body"]').childElementCount, 0);
});

test("a retry is counted down and goes away with the answer", (root) => {
  const retrying = { attempt: 1, delay_seconds: 8, reason: { message: "Claude is overloaded." } };
  const answer = drawn(root, turn([], { retrying }));
  const notices = answer.element.querySelector('[data-slot="notices"]');
  equal(notices.textContent, "Claude is overloaded.Retrying in 8 s");
  answer.tick(Date.now() + 5_500);
  equal(notices.textContent, "Claude is overloaded.Retrying in 3 s");

  answer.update([turn([text(0, "Hi")])]);

  equal(notices.textContent, "");
});

test("a failed turn says why and offers what helps", (root) => {
  const error = {
    type: "overloaded_error",
    message: "Claude is overloaded.",
    request_id: "req_1",
    action: "retry",
  };

  const answer = drawn(root, turn([], { state: "failed", error }));

  const notice = answer.element.querySelector('[data-slot="notices"]');
  ok(notice.textContent.includes("Claude is overloaded."));
  equal(
    [
      answer.element.getAttribute("aria-busy"),
      [...notice.querySelectorAll("button")].map(({ hidden }) => hidden),
    ],
    ["false", [true, false]],
  );
});

const cutOff = (blocks, more = {}) => ({
  ...turn(blocks, { state: "cancelled", isStored: true, ...more }),
  id: "t0",
});
const rest = (blocks, more = {}) =>
  turn([], {
    user_message: "more",
    continues: "t0",
    answers: blocks.length ? [{ id: "b", round: 1, blocks }] : [],
    ...more,
  });

/** What stands in an answer's body, piece by piece. */
function bodyOf({ element }) {
  return [...element.querySelector('[data-slot="body"]').children].map(
    (piece) => piece.querySelector(".thinking__text, p, pre")?.textContent ?? "",
  );
}

test("the rest of an answer goes on in the same text and the same article", async (root) => {
  const first = cutOff([thinking(0, "hm"), text(1, "The quick bro")]);
  const answer = drawn(root, [first, rest([])]);
  await until(() => bodyOf(answer)[1] === "The quick bro");
  // The caret stands at the end of the text.
  equal(answer.element.querySelector('[data-slot="waiting"]').hidden, true);

  answer.update([first, rest([thinking(0, "where was I", false)])]);
  equal(bodyOf(answer), ["hm", "The quick bro", "where was I"]);
  answer.update([first, rest([thinking(0, "where was I"), text(1, "wn fox")])]);

  await until(() => bodyOf(answer)[2] === "The quick brown fox");
  equal(bodyOf(answer), ["hm", "where was I", "The quick brown fox"]);
  const { id, dataset } = answer.element;
  equal(
    [id, dataset.turn, dataset.turns, dataset.messages, dataset.userMessage, dataset.state],
    ["turn-t0", "t", "t0 t", "a b", "q", "running"],
  );
  equal(answer.source, "wn fox");
});

test("until the first part is there, what the server printed stays", async (root) => {
  addTemplates(root);
  const article = document.createElement("article");
  for (const name of ["repairs", "body", "waiting", "notices"]) {
    const part = document.createElement("div");
    part.dataset.slot = name;
    part.textContent = name;
    article.append(part);
  }
  root.append(article);
  const answer = new LiveAnswer(() => {}, article);
  const [, body, waiting, notices] = article.children;

  answer.update([{ id: "t0", answers: [] }, rest([text(0, "wn fox")])]);
  equal([body.textContent, waiting.hidden, notices.textContent], ["body", false, ""]);
  answer.update([cutOff([text(0, "The quick bro")]), rest([text(0, "wn fox")])]);

  await until(() => body.textContent === "The quick brown fox");
  equal(waiting.hidden, true);
});

test("both parts number their sources together", (root) => {
  const first = cutOff([text(0, "One", { citations: [page(17)] })], { documents: turn([]).documents });
  const second = rest(
    [text(0, " two", { citations: [page(3)] }), text(1, " three", { citations: [page(17)] })],
    { state: "completed", documents: [] },
  );

  const answer = drawn(root, [first, second]);

  const chips = [...answer.element.querySelectorAll("a.citation")];
  equal(
    chips.map((chip) => chip.textContent),
    ["1", "2", "1"],
  );
  equal(answer.sourceOf(2).where, "page 3");
});

test("rounds that follow each other without a tool are one text, as on the server", () => {
  const answers = [
    { id: "a", round: 1, blocks: [text(0, "Still working. ")] },
    { id: "b", round: 2, blocks: [text(0, "Done.")] },
  ];

  const segments = segmentsOf([turn([], { answers })]);

  equal(
    segments.map(({ key, entries }) => [key, entries.length]),
    [["a:0:text", 2]],
  );
});

test("what was repaired in the history is said above the answer, once", (root) => {
  const repairs = [{ type: "thinking_stripped", message: "Earlier thoughts were left out." }];
  const answer = drawn(root, turn([]), turn([text(0, "Hi")], { repairs }));
  answer.update([turn([text(0, "Hi there")], { repairs: [...repairs] })]);

  const place = answer.element.querySelector('[data-slot="repairs"]');
  equal(
    [place.hidden, [...place.children].map(({ textContent }) => textContent), answer.takeNews()],
    [false, ["Earlier thoughts were left out."], ["Earlier thoughts were left out."]],
  );
});

test("a turn that is begun again shows nothing of its first attempt", (root) => {
  const answer = drawn(
    root,
    turn([thinking(0, "Let me", false)]),
    turn([], { state: "running", epoch: 2 }),
  );

  equal(
    [bodyOf(answer), answer.element.querySelector('[data-slot="notices"]').textContent],
    [[], ""],
  );
});

test("a turn that was cut off can be continued if anything was written", (root) => {
  const buttons = (answer) =>
    [...answer.element.querySelectorAll("button:not([hidden])")].map(({ dataset }) => dataset.action);
  const error = { message: "The server stopped.", action: "retry" };

  const offered = [
    [turn([text(0, "Half an ans")], { state: "cancelled" })],
    [turn([text(0, "Half an ans")], { state: "interrupted", error })],
    [cutOff([text(0, "Half an ans")]), rest([], { state: "failed", error })],
    [turn([thinking(0, "hm")], { state: "cancelled" })],
    [turn([], { state: "interrupted", error })],
    [turn([text(0, "Half")], { state: "failed", error: { action: "shorten" } })],
  ].map((turns) => buttons(drawn(root, turns)));

  equal(offered, [
    ["continue", "retry"],
    ["continue", "retry"],
    ["continue", "retry"],
    ["retry"],
    ["retry"],
    [],
  ]);
});

test("places are described as the server does", () => {
  const sources = new Sources([{ title: "Notes", href: "/attachments/n/" }]);
  const citations = [
    { type: "page_location", document_index: 0, start_page_number: 3, end_page_number: 5 },
    { type: "char_location", document_index: 0, start_char_index: 10, end_char_index: 50 },
    { type: "content_block_location", document_index: 0, start_block_index: 1, end_block_index: 2 },
    { type: "web_search_result_location", url: "https://example.com/a", title: "A page" },
  ];

  const described = citations.map((citation) => sources.get(sources.numberOf(citation)));

  equal(
    described.map(({ title, where, href }) => [title, where, href]),
    [
      ["Notes", "pages 3-4", "/attachments/n/#page=3"],
      ["Notes", "characters 10-50", "/attachments/n/"],
      ["Notes", "block 2", "/attachments/n/"],
      ["A page", "example.com", "https://example.com/a"],
    ],
  );
});
