import { Follower, Stickiness } from "/static/js/scrolling.js";
import { equal, ok, test, until } from "./check.js";

const facts = ({ isStuck, hasUnread }) => [isStuck, hasUnread];

test("text that comes in does not end the following", () => {
  const sticky = new Stickiness();

  sticky.grew();

  equal(facts(sticky), [true, false]);
});

test("after turning to earlier text, what comes in is unread", () => {
  const sticky = new Stickiness();

  sticky.release();
  sticky.grew();

  equal(facts(sticky), [false, true]);
});

test("a small step up near the end is not taken back", () => {
  const sticky = new Stickiness();

  sticky.release();
  sticky.scrolled({ distance: 20, moved: -20 });

  equal(facts(sticky), [false, false]);
});

test("moving down to within 48 pixels of the end follows again", () => {
  const sticky = new Stickiness();
  sticky.release();
  sticky.grew();

  sticky.scrolled({ distance: 49, moved: 100 });
  equal(facts(sticky), [false, true]);
  sticky.scrolled({ distance: 48, moved: 1 });

  equal(facts(sticky), [true, false]);
});

test("asking for the end follows again", () => {
  const sticky = new Stickiness();
  sticky.release();
  sticky.grew();

  sticky.stick();

  equal(facts(sticky), [true, false]);
});

/** A scroller of 100 px with 1,000 px in it. */
function scroller(root) {
  const log = document.createElement("div");
  const column = document.createElement("div");
  const button = document.createElement("button");
  for (const [name, value] of [
    ["height", "100px"],
    ["overflow-y", "scroll"],
  ])
    log.style.setProperty(name, value);
  column.style.setProperty("height", "1000px");
  log.append(column);
  root.replaceChildren(log, button);
  return { log, column, button, follower: new Follower(log, column, button) };
}

const isAtEnd = (log) => log.scrollHeight - log.clientHeight - log.scrollTop < 1;

test("follows what grows after the last words, as formulas and pictures do", async (root) => {
  const { log, column, follower } = scroller(root);

  column.style.setProperty("height", "1500px");

  await until(() => log.scrollTop === 1400);
  ok(isAtEnd(log));
  follower.stop();
});

test("the wheel upwards ends the following and shows the way back", async (root) => {
  const { log, column, button, follower } = scroller(root);

  log.dispatchEvent(new WheelEvent("wheel", { deltaY: -100 }));
  log.scrollTop = 500;
  await until(() => !button.hidden);
  column.style.setProperty("height", "1500px");
  follower.grew();
  equal(log.scrollTop, 500);

  button.click();

  ok(isAtEnd(log));
  ok(button.hidden);
  follower.stop();
});

test("text inserted above leaves what is read in its place", async (root) => {
  const { log, column, follower } = scroller(root);
  log.dispatchEvent(new WheelEvent("wheel", { deltaY: -100 }));
  log.scrollTop = 300;

  follower.keepPlace(() => column.style.setProperty("height", "1400px"));

  equal(log.scrollTop, 700);
  follower.stop();
});
