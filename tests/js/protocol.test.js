import { TurnOrder } from "/static/js/client.js";
import { parseFrame } from "/static/js/socket.js";
import { equal, test } from "./check.js";

const event = (seq, epoch = 1, type = "block.delta") => ({ type, turn: "t", epoch, seq });
const snapshot = (seq, epoch = 1) => event(seq, epoch, "turn.snapshot");

/** What the order says to each event, one after the other. */
function verdicts(...events) {
  const order = new TurnOrder();
  return events.map((each) => order.admit(each));
}

test("applies the events of a turn from the first one on", () => {
  equal(verdicts(event(1), event(2), event(3)), ["apply", "apply", "apply"]);
});

test("drops an event that was applied before", () => {
  equal(verdicts(event(1), event(2), event(2), event(1), event(3)), [
    "apply",
    "apply",
    "drop",
    "drop",
    "apply",
  ]);
});

test("asks once for a snapshot when events are missing, and waits for it", () => {
  equal(verdicts(event(1), event(4), event(5), snapshot(5), event(6)), [
    "apply",
    "resync",
    "drop",
    "apply",
    "apply",
  ]);
});

test("asks for a snapshot when it joins in the middle", () => {
  equal(verdicts(event(7), snapshot(9), event(9), event(10)), ["resync", "apply", "drop", "apply"]);
});

test("drops events that the snapshot already holds", () => {
  equal(verdicts(snapshot(5), event(4), event(5), event(6)), ["apply", "drop", "drop", "apply"]);
});

test("drops a snapshot that is not newer, unless it was asked for", () => {
  equal(verdicts(event(1), event(2), snapshot(2), event(9), snapshot(0)), [
    "apply",
    "apply",
    "drop",
    "resync",
    "apply",
  ]);
});

test("a new epoch begins with a snapshot", () => {
  equal(verdicts(event(1), event(2), snapshot(1, 2), event(3), event(2, 2)), [
    "apply",
    "apply",
    "apply",
    "drop",
    "apply",
  ]);
});

test("an event of a new epoch without its snapshot asks for one", () => {
  equal(verdicts(event(1), event(1, 2), snapshot(2, 2), event(3, 2)), [
    "apply",
    "resync",
    "apply",
    "apply",
  ]);
});

const stored = (state, epoch = 1) => ({ ...snapshot(0, epoch), state: { state } });

test("a stored end tells a page of the end that it missed, once", () => {
  equal(verdicts(event(1), event(2), stored("completed"), stored("completed")), [
    "apply",
    "apply",
    "apply",
    "drop",
  ]);
});

test("a stored end says nothing new after the end was seen", () => {
  equal(verdicts(event(1), event(2, 1, "turn.completed"), stored("completed")), [
    "apply",
    "apply",
    "drop",
  ]);
});

test("what is stored of a running turn, or of an earlier epoch, is no news", () => {
  equal(verdicts(snapshot(3, 2), stored("running", 2), stored("interrupted", 1)), [
    "apply",
    "drop",
    "drop",
  ]);
});

test("keeps the turns apart", () => {
  equal(verdicts(event(1), { ...event(1), turn: "u" }, event(2)), ["apply", "apply", "apply"]);
});

test("applies events that have no place in an order", () => {
  equal(verdicts({ type: "pong" }, { type: "message.accepted", turn: { id: "t" } }), [
    "apply",
    "apply",
  ]);
});

test("a frame that is no array of events holds none", () => {
  equal(
    [parseFrame("{}"), parseFrame("no json"), parseFrame('[1,{"type":"pong"},null]')],
    [[], [], [{ type: "pong" }]],
  );
});
