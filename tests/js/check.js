/**
 * What a *.test.js module needs. Every test is written at the start of a line as
 *   test("does something", () => { ... });
 * with a plain string as its name: pytest finds the tests by reading the files.
 */

const tests = new Map();

/** Registers a test; it may be async and gets an empty element of the page. */
export function test(name, run) {
  if (tests.has(name)) throw new Error(`two tests are called "${name}"`);
  tests.set(name, run);
}

/** Fails unless both values are alike, as JSON. */
export function equal(actual, expected) {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value, null, 1));
  if (left !== right) throw new Error(`got\n${left}\nexpected\n${right}`);
}

/** Fails unless the value is true or something like it. */
export function ok(value, message = "expected something true") {
  if (!value) throw new Error(message);
}

/** Fails unless the function throws an error whose message holds `text`. */
export async function throws(run, text = "") {
  try {
    await run();
  } catch (error) {
    ok(String(error.message).includes(text), `threw "${error.message}" instead of "${text}"`);
    return;
  }
  throw new Error("nothing was thrown");
}

/** Waits until the predicate is true, looking once per frame; fails after two seconds. */
export async function until(predicate, message = "waited in vain") {
  const deadline = performance.now() + 2000;
  while (!(await predicate())) {
    if (performance.now() > deadline) throw new Error(message);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Called by pytest: loads a module and returns the names of its tests. */
export async function namesOf(module) {
  await import(module);
  return [...tests.keys()];
}

/** Called by pytest: runs one test; returns "" or what went wrong. */
export async function runTest(module, name) {
  await import(module);
  const root = document.getElementById("root");
  try {
    await tests.get(name)(root);
    return "";
  } catch (error) {
    return `${error.message}\n${error.stack}`;
  }
}
