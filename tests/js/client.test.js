import { Client } from "/static/js/client.js";
import { equal, ok, test, until } from "./check.js";
import { onFakeLines } from "./fake-lines.js";

const AWAY = { type: "database_unavailable", message: "The database is away.", retryable: true };
const NO = { type: "unknown_model", message: "Not offered.", retryable: false };

/** A page on lines that the test plays, of a person nobody else has been. */
function onFakeLine({ conversation = { id: "c", title: "" }, person = crypto.randomUUID() } = {}) {
  const lines = onFakeLines();
  const client = new Client({ conversation, user: { id: person } }, { socket: lines.socket });
  const told = [];
  for (const type of ["sent", "event"])
    client.addEventListener(type, ({ detail: { command, event, entry } }) =>
      told.push([type, event?.type ?? command.text, entry?.command.text]),
    );
  client.addEventListener("found", ({ detail }) => client.admit(detail));
  const sent = () => lines.lines.at(-1).sent.map(({ type, text }) => text ?? type);
  return { ...lines, client, told, sent, person };
}

const turnRow = (id, state = "running") => ({ id, conversation: "c", user_message: "q", state });
const accept = ({ client_id }, { conversation = "c", turn = "t" } = {}) => ({
  type: "message.accepted",
  client_id,
  conversation: { id: conversation, title: "" },
  message: { id: "q", parent: null, conversation, text: "" },
  turn: turnRow(turn),
});
const reject = ({ type, client_id }, error) => ({
  type: "command.rejected",
  command: type,
  client_id,
  error,
});
const close = { type: "turn.completed", turn: "t", conversation: "c", epoch: 1, seq: 1, leaf: "a" };

async function begin(page, text, more = {}) {
  await page.client.begin({ type: "message.send", text, ...more });
}

test("the page shows a message at once, and the server gets it", async () => {
  const page = onFakeLine();
  page.open();

  await begin(page, "Hello");

  equal([page.told, page.sent()], [[["sent", "Hello", null]], ["conversation.watch", "Hello"]]);
  ok(page.client.isBusy);
});

test("a refusal that may pass keeps the message until the server is well", async () => {
  const page = onFakeLine();
  page.open();
  await begin(page, "Hello");
  const [entry] = page.client.unsent;
  page.say(reject(entry.command, AWAY));
  equal([entry.reason, entry.error, page.client.isBusy], [AWAY, null, false]);

  page.say({ type: "server.recovered" });

  equal(page.sent(), ["conversation.watch", "Hello", "conversation.watch", "Hello"]);
  equal(entry.reason, null);
});

test("a refusal for good waits for the person and holds up nothing", async () => {
  const page = onFakeLine();
  page.open();
  await begin(page, "one");
  await begin(page, "two");
  const [entry] = page.client.unsent;

  page.say(reject(entry.command, NO));

  equal([entry.error, page.sent()], [NO, ["conversation.watch", "one", "two"]]);
  equal(page.told.at(-1), ["event", "command.rejected", "one"]);
});

test("a message that follows a running answer goes when that has ended", async () => {
  const page = onFakeLine();
  page.open();
  await begin(page, "one");
  page.lose();
  await begin(page, "two");
  page.open();
  page.say(accept(page.client.unsent[0].command));
  equal(page.sent(), ["conversation.watch", "one"]);

  page.say(close);

  equal(page.sent(), ["conversation.watch", "one", "two"]);
});

test("a follow-up that comes too early for the server is no mistake of the person", async () => {
  const page = onFakeLine();
  page.open();
  await begin(page, "follows");
  await begin(page, "placed", { parent: "p" });
  const [follows, placed] = page.client.unsent;
  const running = { type: "turn_running", message: "Still answering.", retryable: false };

  page.say(reject(follows.command, running));
  equal([follows.reason, follows.error], [running, null]);
  page.client.outbox.take(follows.command.client_id);
  page.say(reject(placed.command, running));

  equal(placed.error, running);
});

test("two messages for a new conversation become one conversation", async () => {
  const page = onFakeLine({ conversation: null });
  await begin(page, "one");
  await begin(page, "two");
  page.open();
  equal(page.sent(), ["one"]);

  page.say(accept(page.client.unsent[0].command), close);

  equal(
    page.lines[0].sent.map(({ text, conversation }) => [text, conversation]),
    [
      ["one", null],
      ["two", "c"],
    ],
  );
});

test("a message that is accepted elsewhere does not move the page", async () => {
  const page = onFakeLine({ conversation: null });
  await page.client.prepare();
  page.client.outbox.admit({
    command: { type: "message.send", client_id: "x", conversation: null, text: "other" },
    begins: "another page",
  });
  page.open();
  equal([page.sent(), page.client.unsent], [["other"], []]);

  page.say(accept({ client_id: "x" }, { conversation: "d" }));

  equal([page.client.conversation, page.client.outbox.all(), page.told], [null, [], []]);
});

test("the next page shows and sends what the last one left", async () => {
  const first = onFakeLine({ conversation: null });
  await begin(first, "one");
  await begin(first, "two");
  first.client.rest();
  const second = onFakeLine({ conversation: null, person: first.person });
  await until(async () => {
    await second.client.takeOver();
    await second.client.outbox?.sync();
    return second.told.length;
  });
  equal(second.told, [
    ["sent", "one", null],
    ["sent", "two", null],
  ]);

  second.open();

  equal(second.sent(), ["one"]);
  equal(second.client.waiting.length, 2);
});

test("a page of another conversation sends it without showing it", async () => {
  const first = onFakeLine();
  await begin(first, "one");
  first.client.rest();
  const second = onFakeLine({ conversation: { id: "d", title: "" }, person: first.person });
  await until(async () => {
    await second.client.takeOver();
    await second.client.outbox?.sync();
    return second.client.outbox?.all().length;
  });

  second.open();

  equal([second.told, second.sent()], [[], ["conversation.watch", "one"]]);
});

test("a person who never left anything costs no database", async () => {
  const { client, person } = onFakeLine();

  await client.takeOver();

  const names = (await indexedDB.databases()).map(({ name }) => name);
  equal([client.outbox, names.filter((name) => name.includes(person))], [null, []]);
});

test("Stop without a connection is told when there is one", async () => {
  const page = onFakeLine();
  page.open();
  await begin(page, "Hello");
  page.say(accept(page.client.unsent[0].command));
  page.lose();

  equal(page.client.cancel(), false);
  page.open();
  equal(page.sent(), ["conversation.watch", "turn.cancel"]);

  page.say(close);
  page.lose();
  page.open();
  equal(page.sent(), ["conversation.watch"]);
});

test("a server that stops is restarting until there is a new line", () => {
  const page = onFakeLine();
  page.open();
  page.say({ type: "server.restarting", reason: "stopping" });
  const before = page.client.isRestarting;
  page.lose();

  page.open();

  equal([before, page.client.isRestarting], [true, false]);
});

test("a page that rests has no line, and gets one when it is back", async () => {
  const page = onFakeLine();
  page.open();
  await begin(page, "Hello");

  page.client.rest();
  equal([page.lines[0].isClosed, page.socket.phase], [true, "closed"]);
  page.client.resume();
  page.open();

  equal([page.lines.length, page.sent()], [2, ["conversation.watch", "Hello"]]);
});
