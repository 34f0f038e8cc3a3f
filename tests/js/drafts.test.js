import { Drafts } from "/static/js/composer-input.js";
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

  equal(new Drafts(null, "alice").read("c"), "");
});
