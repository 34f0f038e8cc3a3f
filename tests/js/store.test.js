import {
  emptyState,
  HANDLERS,
  isLive,
  liveTurn,
  prependEarlier,
  reduce,
} from "/static/js/store.js";
import { equal, ok, test } from "./check.js";

const CONVERSATION = { id: "c", title: "" };
const message = (id, parent, more = {}) => ({
  id,
  parent,
  conversation: "c",
  role: "user",
  turn: null,
  text: "",
  attachments: [],
  ...more,
});
const answer = (id, parent, turn) => message(id, parent, { role: "assistant", turn });
const turnRow = (id, question, state = "running") => ({
  id,
  conversation: "c",
  user_message: question,
  state,
  model: "m",
  documents: [],
  error: null,
  stop_reason: null,
});
const accepted = (question, turn) => ({
  type: "message.accepted",
  client_id: "x",
  conversation: CONVERSATION,
  message: question,
  turn,
});
const onTurn = (type, more = {}) => ({
  type,
  turn: "t",
  conversation: "c",
  epoch: 1,
  seq: 1,
  ...more,
});
const started = (index, block, id = "a", round = 1) =>
  onTurn("block.started", { message: id, round, index, block });
const delta = (index, of) => onTurn("block.delta", { message: "a", index, delta: of });
const finished = (index) => onTurn("block.finished", { message: "a", index });

/** The state after events, and proof that none of them changed an earlier state. */
function after(...events) {
  let state = emptyState();
  for (const event of events) {
    freeze(state);
    state = reduce(state, event);
  }
  return state;
}

function freeze(value) {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

const ASKED = accepted(message("q", null), turnRow("t", "q"));
const WRITTEN = [
  ASKED,
  onTurn("turn.started", { state: turnRow("t", "q") }),
  started(0, { type: "thinking", thinking: "" }),
  delta(0, { type: "thinking_delta", thinking: "Let me " }),
  delta(0, { type: "thinking_delta", thinking: "see." }),
  delta(0, { type: "signature_delta", signature: "sealed" }),
  finished(0),
  started(1, { type: "text", text: "" }),
  delta(1, { type: "text_delta", text: "Grüße, " }),
  delta(1, { type: "text_delta", text: "Welt 🌍" }),
  delta(1, { type: "citations_delta", citation: { type: "page_location", start_page_number: 3 } }),
  finished(1),
  started(2, { type: "server_tool_use", name: "web_search", input: {} }),
  delta(2, { type: "input_json_delta", partial_json: '{"query": "wea' }),
  delta(2, { type: "input_json_delta", partial_json: 'ther"}' }),
  finished(2),
];

test("counts thinking that is not shown, until it is done", () => {
  const counted = (estimated_tokens) =>
    delta(0, { type: "thinking_delta", thinking: "", estimated_tokens });
  const before = [...WRITTEN.slice(0, 3), counted(400), counted(500)];
  const entry = (state) => state.turns.t.answers[0].blocks[0];

  equal(entry(after(...before)).tokens, 900);
  equal("tokens" in entry(after(...before, finished(0))), false);
});

test("handles every event of the protocol and ignores others", () => {
  equal(Object.keys(HANDLERS).sort(), [
    "block.delta",
    "block.finished",
    "block.started",
    "command.rejected",
    "compaction.changed",
    "conversation.changed",
    "conversation.renamed",
    "conversation.snapshot",
    "message.accepted",
    "pong",
    "server.impaired",
    "server.recovered",
    "server.restarting",
    "tool.finished",
    "tool.started",
    "tool.waiting",
    "turn.cancelled",
    "turn.completed",
    "turn.failed",
    "turn.interrupted",
    "turn.queued",
    "turn.retrying",
    "turn.snapshot",
    "turn.started",
    "turn.suggested",
    "usage.updated",
  ]);
  const state = after(ASKED);
  ok(reduce(state, { type: "tea.served" }) === state);
  ok(reduce(state, { type: "constructor" }) === state);
});

test("every event is safe for a turn and a conversation that are not known", () => {
  const event = {
    turn: "t",
    conversation: "other",
    message: "a",
    index: 0,
    block: {},
    delta: {},
    call: { id: "toolu_1" },
    leaf: null,
  };
  const names = Object.keys(HANDLERS).filter(
    (name) =>
      ![
        "message.accepted",
        "conversation.snapshot",
        "compaction.changed",
        "turn.queued",
        "turn.snapshot",
        "turn.started",
      ].includes(name),
  );
  for (const type of names) equal(reduce(emptyState(), { ...event, type }), emptyState());
});

test("an accepted message is the end of the path and its turn is live", () => {
  const state = after(ASKED);

  equal(state.path, ["q"]);
  equal(liveTurn(state)?.id, "t");
});

test("an edit replaces the path from its parent on", () => {
  const snapshot = {
    type: "conversation.snapshot",
    conversation: CONVERSATION,
    leaf: "a2",
    turns: [turnRow("t", "q", "completed")],
    messages: [
      message("q", null),
      answer("a", "q", "t"),
      message("q2", "a"),
      answer("a2", "q2", "t2"),
    ],
  };

  const state = after(snapshot, accepted(message("edited", "a"), turnRow("t3", "edited")));

  equal(state.path, ["q", "a", "edited"]);
});

test("a retry goes back to the question", () => {
  const state = after(
    ...WRITTEN,
    onTurn("turn.completed", { stop_reason: "end_turn", leaf: "a" }),
    accepted(message("q", null), turnRow("t2", "q")),
  );

  equal(state.path, ["q"]);
  equal(liveTurn(state)?.id, "t2");
});

test("a message of a branch that is not shown leaves the path alone", () => {
  const state = after(ASKED, accepted(message("far", "elsewhere"), turnRow("t2", "far")));

  equal(state.path, ["q"]);
});

test("an acceptance that comes again does not reset the turn", () => {
  const state = after(...WRITTEN);

  equal(reduce(state, ASKED).turns, state.turns);
});

test("events add up to the fresh snapshot's state", () => {
  const snapshot = onTurn("turn.snapshot", {
    state: turnRow("t", "q"),
    messages: [
      {
        id: "a",
        round: 1,
        blocks: [
          { index: 0, block: { type: "thinking", thinking: "Let me see." }, finished: true },
          {
            index: 1,
            block: {
              type: "text",
              text: "Grüße, Welt 🌍",
              citations: [{ type: "page_location", start_page_number: 3 }],
            },
            finished: true,
          },
          {
            index: 2,
            block: { type: "server_tool_use", name: "web_search", input: { query: "weather" } },
            finished: true,
          },
        ],
      },
    ],
  });

  equal(after(...WRITTEN), after(ASKED, snapshot));
});

test("a snapshot in the middle and the later events equal all events", () => {
  for (let cut = 2; cut < WRITTEN.length; cut += 1) {
    const before = after(...WRITTEN.slice(0, cut));
    const snapshot = onTurn("turn.snapshot", {
      state: turnRow("t", "q"),
      messages: before.turns.t.answers,
    });

    const resumed = WRITTEN.slice(cut).reduce(reduce, after(ASKED, snapshot));

    equal(resumed, after(...WRITTEN));
  }
});

test("a snapshot replaces what a failed attempt had shown", () => {
  const state = after(
    ...WRITTEN,
    onTurn("turn.snapshot", { state: turnRow("t", "q"), messages: [] }),
  );

  equal(state.turns.t.answers, []);
});

test("calls are kept by their ids, and end with their turn", () => {
  const call = (id, state) => ({ id, message: "a", name: "sum", title: "Sum", state });
  const asked = [
    ...WRITTEN,
    onTurn("tool.started", { call: call("1", "running") }),
    onTurn("tool.started", { call: call("2", "running") }),
    onTurn("tool.finished", { call: call("1", "done") }),
  ];
  const states = ({ turns }) => Object.values(turns.t.calls).map(({ id, state }) => [id, state]);

  equal(states(after(...asked)), [
    ["1", "done"],
    ["2", "running"],
  ]);
  equal(states(after(...asked, onTurn("turn.cancelled", { leaf: "a" }))), [
    ["1", "done"],
    ["2", "cancelled"],
  ]);
  const state = turnRow("t", "q");
  const snapshot = onTurn("turn.snapshot", { state, messages: [], calls: [call("3", "done")] });
  equal(states(after(...asked, snapshot)), [["3", "done"]]);
});

test("broken tool input stays as it was", () => {
  const state = after(
    ASKED,
    started(0, { type: "tool_use", input: {} }),
    delta(0, { type: "input_json_delta", partial_json: "{oops" }),
    finished(0),
  );

  equal(state.turns.t.answers[0].blocks, [
    { index: 0, block: { type: "tool_use", input: {} }, finished: true },
  ]);
});

test("a retry is counted down until the next sign of life", () => {
  const retrying = onTurn("turn.retrying", {
    attempt: 2,
    delay_seconds: 8,
    reason: { message: "Overloaded" },
  });

  equal(after(ASKED, retrying).turns.t.retrying, {
    attempt: 2,
    delay_seconds: 8,
    reason: { message: "Overloaded" },
  });
  equal(after(ASKED, retrying, started(0, { type: "text", text: "" })).turns.t.retrying, null);
});

test("how many attempts there will be is kept when it is told", () => {
  const retrying = onTurn("turn.retrying", { attempt: 2, limit: 4, delay_seconds: 8, reason: {} });

  equal(after(ASKED, retrying).turns.t.retrying, {
    attempt: 2,
    limit: 4,
    delay_seconds: 8,
    reason: {},
  });
});

test("a turn that nobody answers yet waits until one begins", () => {
  const queued = onTurn("turn.queued", { state: turnRow("t", "q", "queued") });
  const state = after(ASKED, queued);
  equal([state.turns.t.state, state.turns.t.retrying], ["queued", { isQueued: true }]);
  equal(liveTurn(state)?.id, "t");

  const begun = reduce(state, onTurn("turn.started", { state: turnRow("t", "q") }));

  equal([begun.turns.t.state, begun.turns.t.retrying], ["running", null]);
});

test("a turn that was put off waits for its batch", () => {
  const row = { ...turnRow("t", "q", "queued"), later: true };

  const state = after(ASKED, onTurn("turn.queued", { state: row }));

  equal(state.turns.t.retrying, { isQueued: true, isLater: true });
});

test("a snapshot tells of a queue, and takes back what another server had begun", () => {
  const again = onTurn("turn.snapshot", { state: turnRow("t", "q", "queued"), messages: [] });

  const { retrying, answers } = after(...WRITTEN, again).turns.t;

  equal([retrying, answers], [{ isQueued: true }, []]);
});

test("a turn that ended unseen waits for nothing", () => {
  const retrying = onTurn("turn.retrying", { attempt: 1, delay_seconds: 8, reason: {} });
  const snapshot = {
    type: "conversation.snapshot",
    conversation: CONVERSATION,
    leaf: "a",
    messages: [message("q", null), answer("a", "q", "t")],
    turns: [turnRow("t", "q", "completed")],
  };

  equal(after(ASKED, retrying, snapshot).turns.t.retrying, null);
});

test("usage is kept with the turn", () => {
  const { usage, cost_usd } = after(
    ASKED,
    onTurn("usage.updated", { usage: { output_tokens: 5 }, cost_usd: "0.01" }),
  ).turns.t;

  equal({ usage, cost_usd }, { usage: { output_tokens: 5 }, cost_usd: "0.01" });
});

test("a completed turn's message joins the path", () => {
  const state = after(...WRITTEN, onTurn("turn.completed", { stop_reason: "end_turn", leaf: "a" }));

  equal(
    [state.path, state.leaf, state.turns.t.state, state.turns.t.stop_reason],
    [["q", "a"], "a", "completed", "end_turn"],
  );
  ok(!isLive(state.turns.t));
});

test("the messages of all rounds join the path up to the leaf", () => {
  const rounds = [
    started(0, { type: "text", text: "1" }),
    started(0, { type: "text", text: "2" }, "b", 2),
    started(0, { type: "text", text: "" }, "dropped", 3),
  ];

  const state = after(ASKED, ...rounds, onTurn("turn.cancelled", { leaf: "b" }));

  equal(state.path, ["q", "a", "b"]);
});

test("a turn that kept nothing leaves the question as the end", () => {
  const error = { type: "overloaded_error", message: "Busy", action: "retry" };

  const state = after(ASKED, onTurn("turn.failed", { leaf: null, error }));

  equal([state.path, state.turns.t.state, state.turns.t.error], [["q"], "failed", error]);
});

test("cancelled and interrupted turns say so", () => {
  equal(after(ASKED, onTurn("turn.cancelled", { leaf: null })).turns.t.state, "cancelled");
  equal(
    after(ASKED, onTurn("turn.interrupted", { leaf: null, error: {} })).turns.t.state,
    "interrupted",
  );
});

test("a conversation snapshot ends turns whose closing was missed", () => {
  const snapshot = {
    type: "conversation.snapshot",
    conversation: { id: "c", title: "T" },
    leaf: "a",
    messages: [message("q", null), answer("a", "q", "t")],
    turns: [turnRow("t", "q", "completed")],
  };

  const state = after(...WRITTEN, snapshot);

  equal(
    [state.path, liveTurn(state), state.conversation],
    [["q", "a"], undefined, { id: "c", title: "T" }],
  );
});

test("earlier messages stay before a snapshot's newest ones", () => {
  const snapshot = (...ids) => ({
    type: "conversation.snapshot",
    conversation: CONVERSATION,
    leaf: ids.at(-1),
    messages: ids.map((id) => message(id, null)),
    turns: [],
  });
  const opened = prependEarlier(after(snapshot("m3", "m4")), [
    message("m1", null),
    message("m2", "m1"),
  ]);

  equal(opened.path, ["m1", "m2", "m3", "m4"]);
  equal(reduce(opened, snapshot("m4", "m5")).path, ["m1", "m2", "m3", "m4", "m5"]);
  equal(reduce(opened, snapshot("n4", "n5")).path, ["n4", "n5"]);
});

test("renaming and deleting concern the shown conversation only", () => {
  const renamed = { type: "conversation.renamed", conversation: "c", title: "New", tags: ["a"] };
  const deleted = { type: "conversation.changed", conversation: "c", change: "deleted" };

  equal(after(ASKED, renamed).conversation, { id: "c", title: "New", tags: ["a"] });
  equal(after(ASKED, { ...renamed, conversation: "d" }).conversation, CONVERSATION);
  equal(after(ASKED, deleted), emptyState());
  equal(after(ASKED, { ...deleted, conversation: "d" }), after(ASKED));
});

test("compactions are known by their ids, of the snapshot and since", () => {
  const row = (id, state) => ({ id, state, message: "m", conversation: "c" });
  const snapshot = {
    type: "conversation.snapshot",
    conversation: CONVERSATION,
    leaf: null,
    messages: [],
    turns: [],
    compactions: [row("one", "running")],
  };
  const changed = (compaction) => ({ type: "compaction.changed", conversation: "c", compaction });

  const state = after(snapshot, changed(row("one", "completed")), changed(row("two", "running")));

  equal(state.compactions, { one: row("one", "completed"), two: row("two", "running") });
});
