import { Outbox } from "/static/js/outbox.js";
import { equal, test, until } from "./check.js";
import { onFakeLines } from "./fake-lines.js";

const send = (id, conversation = "c") => ({
  type: "message.send",
  client_id: id,
  conversation,
  text: id,
});

/** An outbox on lines that the test plays, with what it told. */
function onFakeLine(page = {}) {
  const lines = onFakeLines();
  const outbox = new Outbox(lines.socket, { ...page, real: lines.real });
  const told = [];
  for (const type of ["found", "lost"])
    outbox.addEventListener(type, ({ detail }) =>
      told.push([type, detail.map(({ command }) => command.client_id)]),
    );
  return { ...lines, outbox, told };
}

/** A storage that finds, and loses, what the test says. */
function fakeStorage(outcome = { found: [], lost: [] }) {
  const calls = [];
  return {
    calls,
    put: async ({ command, error }) => calls.push(["put", command.client_id, error]),
    delete: async (id) => calls.push(["delete", id]),
    sync: async (known) => {
      calls.push(["sync", known]);
      return outcome;
    },
    rest: () => calls.push(["rest"]),
    resume: async () => calls.push(["resume"]),
  };
}

const ids = (line) => line.sent.map(({ client_id: id }) => id);

test("a command that was given without a line goes out with the first one", () => {
  const { outbox, lines, open } = onFakeLine();
  outbox.add(send("one"));

  open();

  equal(lines[0].sent, [send("one")]);
});

test("what was not accepted goes out again on the next line, what was does not", () => {
  const { outbox, lines, open, lose } = onFakeLine();
  open();
  outbox.add(send("one", "c"));
  outbox.add(send("two", "d"));
  equal(outbox.take("one").command, send("one"));

  lose();
  open();

  equal([ids(lines[0]), ids(lines[1])], [["one", "two"], ["two"]]);
  equal(outbox.take("one"), undefined);
});

test("the commands of one conversation go one after the other", () => {
  const { outbox, lines, open } = onFakeLine();
  outbox.add(send("one"));
  outbox.add(send("two"));
  outbox.add(send("elsewhere", "d"));
  open();
  equal(ids(lines[0]), ["one", "elsewhere"]);

  outbox.take("one");

  equal(ids(lines[0]), ["one", "elsewhere", "two"]);
});

test("what follows the first message of a new conversation goes there too", () => {
  const { outbox, lines, open } = onFakeLine();
  outbox.add(send("one", null), { begins: "n" });
  outbox.add(send("two", null), { begins: "n" });
  outbox.add(send("other", null), { begins: "m" });
  open();
  equal(ids(lines[0]), ["one", "other"]);

  outbox.settle(outbox.get("one"), "c");
  outbox.take("one");

  equal(lines[0].sent.at(-1), send("two", "c"));
});

test("a message that has to wait for an answer goes when that has ended", () => {
  let isRunning = true;
  const { outbox, lines, open } = onFakeLine({ mayGo: () => !isRunning });
  open();
  outbox.add(send("one"));
  equal(lines[0].sent, []);

  isRunning = false;
  outbox.flush();

  equal(ids(lines[0]), ["one"]);
});

test("a refusal that may pass is tried again after a pause that doubles", () => {
  const { outbox, lines, open, pass } = onFakeLine();
  const away = { type: "database_unavailable", retryable: true };
  open();
  outbox.add(send("one"));
  const entry = outbox.get("one");
  const sentAfter = [];

  for (const pause of [2_000, 4_000, 8_000]) {
    outbox.postpone(entry, away);
    pass(pause - 1);
    const before = lines[0].sent.length;
    pass(1);
    sentAfter.push([before, lines[0].sent.length]);
  }

  equal(sentAfter, [
    [1, 2],
    [2, 3],
    [3, 4],
  ]);
  equal(entry.reason, away);
});

test("when the server is well again nothing waits any longer", () => {
  const { outbox, lines, open } = onFakeLine();
  open();
  outbox.add(send("one"));
  outbox.postpone(outbox.get("one"), { type: "storage_full" });

  outbox.retry();

  const { reason, tries } = outbox.get("one");
  equal([ids(lines[0]), reason, tries], [["one", "one"], null, 0]);
});

test("what was refused for good stays until the person sends it again", () => {
  const { outbox, lines, open, lose } = onFakeLine();
  open();
  outbox.add(send("one"));
  outbox.add(send("two"));
  const entry = outbox.get("one");

  outbox.fail(entry, { type: "unknown_model" });
  lose();
  open();
  equal([ids(lines[0]), ids(lines[1])], [["one", "two"], ["two"]]);
  outbox.take("two");
  outbox.resend(entry);

  equal([ids(lines[1]), entry.error], [["two", "one"], null]);
});

test("a command that is too large is refused and blocks nothing", () => {
  const { outbox, lines, open, socket } = onFakeLine();
  socket.addEventListener("events", ({ detail: [{ client_id: id, error }] }) =>
    outbox.fail(outbox.get(id), error),
  );
  open();
  outbox.add({ ...send("one"), text: "ä".repeat(600_000) });
  outbox.add(send("two"));

  equal([ids(lines[0]), outbox.get("one").error.type], [["two"], "request_too_large"]);
});

test("everything is written down, and crossed out when it is done", async () => {
  const { outbox, open } = onFakeLine();
  const storage = fakeStorage();
  outbox.add(send("early"));
  await outbox.keepIn(Promise.resolve(storage));
  open();

  await outbox.add(send("late", "d"));
  outbox.fail(outbox.get("late"), { type: "no" });
  outbox.take("early");

  await until(() => storage.calls.length === 5);
  equal(storage.calls, [
    ["put", "early", null],
    ["sync", ["early"]],
    ["put", "late", null],
    ["put", "late", { type: "no" }],
    ["delete", "early"],
  ]);
});

test("what another tab has taken over is given up, what is left behind is offered", async () => {
  const found = { command: send("found"), attachments: [], begins: "", queued_at: 1, error: null };
  const { outbox, lines, open, told } = onFakeLine();
  outbox.add(send("one"));
  await outbox.keepIn(Promise.resolve(fakeStorage({ found: [found], lost: ["one"] })));
  equal(told, [
    ["lost", ["one"]],
    ["found", ["found"]],
  ]);
  open();
  equal(lines[0].sent, []);

  outbox.admit(found);

  equal(lines[0].sent, [send("found")]);
});

test("without a storage only the protection is lost", async () => {
  const { outbox, lines, open } = onFakeLine();
  await outbox.keepIn(Promise.reject(new DOMException("private window", "InvalidStateError")));

  await outbox.add(send("one"));
  open();

  equal([ids(lines[0]), outbox.take("one").command], [["one"], send("one")]);
});

test("a page that rests leaves its commands to others, and looks when it is back", async () => {
  const { outbox } = onFakeLine();
  const storage = fakeStorage();
  await outbox.keepIn(Promise.resolve(storage));

  outbox.rest();
  await outbox.resume();

  equal(storage.calls, [["sync", []], ["rest"], ["resume"], ["sync", []]]);
});
