import { actionOf, hindranceOf } from "/static/js/composer-input.js";
import { shortcutOf } from "/static/js/frame.js";
import { equal, test } from "./check.js";

const FINE = { isCoarse: false, isEmpty: false };

test("Enter sends, with Shift or Alt it makes a new line", () => {
  const enter = { key: "Enter" };

  equal(
    [enter, { ...enter, shiftKey: true }, { ...enter, altKey: true }].map((event) =>
      actionOf(event, FINE),
    ),
    ["send", null, null],
  );
});

test("on a touch screen Enter makes a new line, and Ctrl+Enter still sends", () => {
  const touch = { isCoarse: true, isEmpty: false };

  equal(actionOf({ key: "Enter" }, touch), null);
  equal(
    [
      actionOf({ key: "Enter", ctrlKey: true }, touch),
      actionOf({ key: "Enter", metaKey: true }, touch),
    ],
    ["send", "send"],
  );
});

test("keys of an input method belong to it", () => {
  equal(actionOf({ key: "Enter", isComposing: true }, FINE), null);
  equal(actionOf({ key: "Enter", keyCode: 229 }, FINE), null);
  equal(actionOf({ key: "ArrowUp", keyCode: 229 }, { ...FINE, isEmpty: true }), null);
});

test("Up edits the last message only in an empty box and alone", () => {
  const empty = { isCoarse: false, isEmpty: true };

  equal(
    [
      actionOf({ key: "ArrowUp" }, empty),
      actionOf({ key: "ArrowUp" }, FINE),
      actionOf({ key: "ArrowUp", shiftKey: true }, empty),
    ],
    ["edit-last", null, null],
  );
});

test("other keys are the browser's", () => {
  equal(
    ["a", "Tab", "ArrowDown"].map((key) => actionOf({ key }, FINE)),
    [null, null, null],
  );
});

test("single keys are shortcuts outside of fields only", () => {
  equal([shortcutOf({ key: "/" }, false), shortcutOf({ key: "/" }, true)], ["compose", null]);
  equal([shortcutOf({ key: "?" }, false), shortcutOf({ key: "?" }, true)], ["help", null]);
  equal(
    [shortcutOf({ key: "Escape" }, true), shortcutOf({ key: "Escape", isComposing: true }, true)],
    ["escape", null],
  );
});

test("shortcuts with Ctrl work everywhere", () => {
  const command = { ctrlKey: true, shiftKey: true };

  equal(
    [
      shortcutOf({ key: "O", ...command }, true),
      shortcutOf({ key: "C", ...command }, false),
      shortcutOf({ key: "c", ctrlKey: true }, false),
    ],
    ["new", "copy", null],
  );
});

test("says in words why a message cannot go now", () => {
  const fine = { isBusy: false, uploading: 0, failed: 0, length: 5, limit: 400_000 };

  equal(
    [
      fine,
      { ...fine, isBusy: true, uploading: 1 },
      { ...fine, uploading: 2, failed: 1 },
      { ...fine, failed: 1 },
      { ...fine, length: 400_001 },
    ].map(hindranceOf),
    [
      "",
      "Claude is still answering. Send when it is done, or press Stop.",
      "Waiting for 2 uploads…",
      "1 file was not uploaded. Try again or remove.",
      "Too long: 400,001 of 400,000 characters. Attach it as a file.",
    ],
  );
});
