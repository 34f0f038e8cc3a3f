import { Drafts } from "/static/js/client.js";
import { equal, test, until } from "./check.js";

function memory() {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

test("a draft is there at once, and in the storage after a pause", async () => {
  const storage = memory();
  const drafts = new Drafts(storage, "alice");

  drafts.save("c", "Hel");
  drafts.save("c", "Hello");

  equal([drafts.read("c"), storage.kept.size], ["Hello", 0]);
  await until(() => storage.kept.size === 1);
  equal(new Drafts(storage, "alice").read("c"), "Hello");
});

test("drafts of conversations and people stay apart", () => {
  const storage = memory();
  const drafts = new Drafts(storage, "alice");
  drafts.save("c", "one");
  drafts.save(null, "two");
  drafts.flush();

  equal([drafts.read("c"), drafts.read(null), drafts.read("d")], ["one", "two", ""]);
  equal(new Drafts(storage, "bob").read("c"), "");
});

test("an empty draft leaves nothing behind", () => {
  const storage = memory();
  const drafts = new Drafts(storage, "alice");
  drafts.save("c", "Hello");
  drafts.flush();

  drafts.save("c", "");
  drafts.flush();

  equal(storage.kept.size, 0);
});

test("a sent text is kept until the server has it", () => {
  const storage = memory();
  const drafts = new Drafts(storage, "alice");

  drafts.keepUnsent("c", "one", "Hello", 0);
  equal(storage.kept.size, 1);
  drafts.forgetUnsent("c", "one");

  equal(storage.kept.size, 0);
});

test("a text that no tab sends any more becomes a draft again, once", () => {
  const storage = memory();
  const drafts = new Drafts(storage, "alice");
  drafts.keepUnsent("c", "lost", "Lost", 0);
  drafts.keepUnsent("c", "own", "Still being sent", 0);
  drafts.keepUnsent("c", "other", "Another tab is at it", 50_000);

  equal(drafts.takeOrphans("c", ["own"], 70_000), ["Lost"]);
  equal(drafts.takeOrphans("c", ["own"], 70_000), []);
});

test("a full storage and none at all do not stop a person", () => {
  const full = {
    ...memory(),
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  const drafts = new Drafts(full, "alice");
  drafts.save("c", "Hello");
  drafts.flush();
  drafts.keepUnsent("c", "one", "Hello");

  equal(new Drafts(null, "alice").read("c"), "");
});
