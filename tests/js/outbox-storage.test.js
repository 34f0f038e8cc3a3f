import { openOutboxStorage } from "/static/js/outbox-storage.js";
import { equal, ok, test, throws, until } from "./check.js";

const kept = (id, { conversation = "c", queued_at = 1, ...more } = {}) => ({
  command: { type: "message.send", client_id: id, conversation, text: id },
  attachments: [],
  begins: "",
  queued_at,
  error: null,
  ...more,
});
const everything = () => true;
const nothing = () => false;
const idsOf = ({ found, lost }) => [found.map(({ command }) => command.client_id), lost];

/** A person nobody else has been. */
const somebody = () => `test:${crypto.randomUUID()}`;

/** The same two ways to tell who lives, the second with a clock that the test moves. */
const clock = { now: 0 };
const withLeases = () => {
  clock.now = 1_000_000;
  return { locks: undefined, now: () => clock.now };
};

/** Wait until the lock of a tab that rests is free. */
async function isFree(names) {
  const { held } = await navigator.locks.query();
  return held.every(({ name }) => !names.includes(name));
}

async function heldNames() {
  return (await navigator.locks.query()).held.map(({ name }) => name);
}

test("what a tab leaves behind is found by the next one, once, oldest first", async () => {
  const person = somebody();
  const first = await openOutboxStorage(person);
  const names = await heldNames();
  await first.put(kept("two", { queued_at: 2 }), everything);
  await first.put(kept("one", { queued_at: 1, attachments: [{ id: "f" }] }), everything);
  const [second, third] = [await openOutboxStorage(person), await openOutboxStorage(person)];
  equal(idsOf(await second.sync([], everything)), [[], []]);

  first.rest();
  await until(() => isFree(names));
  const outcome = await second.sync([], everything);

  equal(idsOf(outcome), [["one", "two"], []]);
  equal(outcome.found[0].attachments, [{ id: "f" }]);
  equal(idsOf(await third.sync([], everything)), [[], []]);
});

test("two tabs that look at the same time do not both find it", async () => {
  const person = somebody();
  const first = await openOutboxStorage(person);
  const names = await heldNames();
  await first.put(kept("one"), everything);
  const others = [await openOutboxStorage(person), await openOutboxStorage(person)];
  first.rest();
  await until(() => isFree(names));

  const outcomes = await Promise.all(others.map((other) => other.sync([], everything)));

  equal(outcomes.map(({ found }) => found.length).sort(), [0, 1]);
});

test("what was delivered is not found", async () => {
  const person = somebody();
  const first = await openOutboxStorage(person);
  const names = await heldNames();
  await first.put(kept("one"), everything);
  await first.delete("one");
  first.rest();
  await until(() => isFree(names));

  equal(idsOf(await (await openOutboxStorage(person)).sync([], everything)), [[], []]);
});

test("people at one browser stay apart", async () => {
  const alice = await openOutboxStorage(somebody());
  const names = await heldNames();
  await alice.put(kept("one"), everything);
  alice.rest();
  await until(() => isFree(names));

  equal(idsOf(await (await openOutboxStorage(somebody())).sync([], everything)), [[], []]);
});

test("the tab that shows the conversation takes over from one that only sends", async () => {
  const person = somebody();
  const [sender, shower] = [await openOutboxStorage(person), await openOutboxStorage(person)];
  await sender.put(kept("one"), nothing);

  equal(idsOf(await shower.sync([], nothing)), [[], []]);
  equal(idsOf(await shower.sync([], everything)), [["one"], []]);

  equal(idsOf(await sender.sync(["one"], everything)), [[], ["one"]]);
  equal(idsOf(await shower.sync(["one"], everything)), [[], []]);
});

test("a page that rested finds what it still has, and what others have by now", async () => {
  const person = somebody();
  const [first, second] = [await openOutboxStorage(person), await openOutboxStorage(person)];
  await first.put(kept("one"), everything);
  first.rest();
  await first.resume();
  equal(idsOf(await second.sync([], everything)), [[], []]);
  equal(idsOf(await first.sync(["one"], everything)), [[], []]);
  const names = await heldNames();
  first.rest();
  await until(async () => (await heldNames()).length < names.length);
  await second.sync([], everything);

  await first.resume();

  equal(idsOf(await first.sync(["one"], everything)), [[], ["one"]]);
});

test("without Web Locks a tab lives as long as it looks in", async () => {
  const person = somebody();
  const leases = withLeases();
  const first = await openOutboxStorage(person, leases);
  await first.put(kept("one"), everything);
  const second = await openOutboxStorage(person, leases);
  clock.now += 14_000;
  equal(idsOf(await second.sync([], everything)), [[], []]);
  await first.sync(["one"], everything);
  clock.now += 14_000;
  equal(idsOf(await second.sync([], everything)), [[], []]);

  clock.now += 15_000;

  equal(idsOf(await second.sync([], everything)), [["one"], []]);
  equal(idsOf(await first.sync(["one"], everything)), [[], ["one"]]);
});

test("without Web Locks a page that goes away says so", async () => {
  const person = somebody();
  const leases = withLeases();
  const first = await openOutboxStorage(person, leases);
  await first.put(kept("one"), everything);

  first.rest();

  equal(idsOf(await (await openOutboxStorage(person, leases)).sync([], everything)), [["one"], []]);
});

test("a storage that goes away loses nothing that is being sent", async () => {
  const person = somebody();
  const storage = await openOutboxStorage(person);
  await storage.put(kept("one"), everything);
  // Another version of the page asks for the database: this one lets it go.
  const newer = indexedDB.open(person, 99);
  await until(() => newer.readyState === "done");

  await storage.put(kept("two"), everything);

  equal(idsOf(await storage.sync(["one", "two"], everything)), [[], []]);
  newer.result.close();
  await throws(() => openOutboxStorage(person));
  ok((await indexedDB.databases()).some(({ name }) => name === person));
});
