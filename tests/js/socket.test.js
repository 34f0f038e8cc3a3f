import { Outbox, Socket } from "/static/js/socket.js";
import { equal, ok, test } from "./check.js";

/** A socket on lines that the test plays, with a clock that the test moves. */
function onFakeLines({ outbox = new Outbox(null), random = 1 } = {}) {
  const lines = [];
  let now = 0;
  let timers = [];
  const real = {
    connect: () => {
      const line = {
        sent: [],
        isClosed: false,
        send: (frame) => line.sent.push(JSON.parse(frame)),
        close: () => (line.isClosed = true),
      };
      lines.push(line);
      return line;
    },
    random: () => random,
    now: () => now,
    setTimer: (act, ms) => {
      timers.push({ act, at: now + ms });
      return timers.at(-1);
    },
    clearTimer: (timer) => (timers = timers.filter((other) => other !== timer)),
  };
  const socket = new Socket("ws://test/", { outbox, real });
  const events = [];
  socket.addEventListener("events", ({ detail }) => events.push(...detail));
  const pass = (ms) => {
    for (const end = now + ms; ;) {
      const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) {
        now = end;
        return;
      }
      now = next.at;
      timers = timers.filter((other) => other !== next);
      next.act();
    }
  };
  return { socket, lines, events, pass };
}

const COMMAND = { type: "message.send", client_id: "one", text: "Hello" };

/** A person's storage. */
function memory() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

test("sends a command that was given before the line was open", () => {
  const { socket, lines } = onFakeLines();

  socket.connect();
  socket.send(COMMAND);
  equal(lines[0].sent, []);
  lines[0].onopen();

  equal(lines[0].sent, [COMMAND]);
});

test("sends what was not accepted again, after the page could watch", () => {
  const { socket, lines, pass } = onFakeLines();
  socket.addEventListener("opened", () => socket.send({ type: "conversation.watch" }));
  socket.connect();
  lines[0].onopen();
  socket.send(COMMAND);

  lines[0].onclose({ code: 1006 });
  pass(500);
  lines[1].onopen();

  equal(lines[1].sent, [{ type: "conversation.watch" }, COMMAND]);
});

test("does not send an accepted command again", () => {
  const outbox = new Outbox(null);
  const { socket, lines, pass } = onFakeLines({ outbox });
  socket.connect();
  lines[0].onopen();
  socket.send(COMMAND);

  equal(outbox.take("one"), COMMAND);
  lines[0].onclose({ code: 1006 });
  pass(500);
  lines[1].onopen();

  equal(lines[1].sent, []);
});

test("a reload sends what the page before could not", () => {
  const storage = memory();
  onFakeLines({ outbox: new Outbox(storage) }).socket.send(COMMAND);

  const { socket, lines } = onFakeLines({ outbox: new Outbox(storage) });
  socket.connect();
  lines[0].onopen();

  equal(lines[0].sent, [COMMAND]);
});

test("a command without client_id is not kept", () => {
  const { socket, lines } = onFakeLines();
  socket.send({ type: "turn.cancel", turn: "t" });
  socket.connect();

  lines[0].onopen();

  equal(lines[0].sent, []);
});

test("waits twice as long after each failure, up to 15 seconds", () => {
  const { socket, lines, pass } = onFakeLines();
  socket.connect();
  const delays = [];
  for (let attempt = 0; attempt < 7; attempt += 1) {
    lines.at(-1).onclose({ code: 1006 });
    delays.push(socket.retryAt);
    const before = lines.length;
    let waited = 0;
    while (lines.length === before) pass((waited += 1) && 1);
    delays[attempt] = waited;
  }

  equal(delays, [500, 1000, 2000, 4000, 8000, 15000, 15000]);
});

test("chance takes up to half of the delay away", () => {
  const { socket, lines, pass } = onFakeLines({ random: 0 });
  socket.connect();
  lines[0].onclose({ code: 1006 });

  pass(249);
  equal(lines.length, 1);
  pass(1);
  equal(lines.length, 2);
});

test("an open line resets the delay", () => {
  const { socket, lines, pass } = onFakeLines();
  socket.connect();
  lines[0].onclose({ code: 1006 });
  pass(500);
  lines[1].onclose({ code: 1006 });
  pass(1000);
  lines[2].onopen();

  lines[2].onclose({ code: 1006 });

  pass(500);
  equal(lines.length, 4);
});

test("connects at once when asked to while it waits", () => {
  const { socket, lines, pass } = onFakeLines();
  socket.connect();
  lines[0].onclose({ code: 1006 });

  socket.connect();
  pass(10_000);

  equal([lines.length, socket.phase], [2, "connecting"]);
});

test("comes back within five seconds after a restart", () => {
  const { socket, lines, pass } = onFakeLines({ random: 0.5 });
  socket.connect();
  lines[0].onopen();

  lines[0].onclose({ code: 4001 });

  equal([socket.phase, socket.retryAt], ["waiting", 2500]);
  pass(2500);
  equal(lines.length, 2);
});

test("does not come back when the person is logged out", () => {
  const { socket, lines, pass } = onFakeLines();
  socket.connect();
  lines[0].onopen();

  lines[0].onclose({ code: 4401 });
  pass(60_000);

  equal([lines.length, socket.phase], [1, "logged_out"]);
});

test("a quiet line is asked whether it lives, and given up when it is not", () => {
  const { socket, lines, pass } = onFakeLines();
  socket.connect();
  lines[0].onopen();

  pass(25_000);
  equal(lines[0].sent, [{ type: "ping" }]);
  pass(8_000);

  equal([lines[0].isClosed, socket.phase], [true, "waiting"]);
});

test("any frame proves that the line lives", () => {
  const { socket, lines, pass } = onFakeLines();
  socket.connect();
  lines[0].onopen();
  pass(25_000);

  lines[0].onmessage({ data: '[{"type":"pong"}]' });
  pass(20_000);

  equal(socket.phase, "open");
});

test("passes on the events of a frame in order", () => {
  const { socket, lines, events } = onFakeLines();
  socket.connect();
  lines[0].onopen();

  lines[0].onmessage({ data: '[{"type":"pong"},{"type":"server.restarting"}]' });

  equal(
    events.map(({ type }) => type),
    ["pong", "server.restarting"],
  );
});

test("refuses a frame that the server would close for", () => {
  const { socket, lines, events } = onFakeLines();
  socket.connect();
  lines[0].onopen();

  socket.send({ ...COMMAND, text: "ä".repeat(600_000) });

  equal(lines[0].sent, []);
  equal(
    events.map(({ type, client_id: id, error }) => [type, id, error.action]),
    [["command.rejected", "one", "shorten"]],
  );
});

test("gives up the largest command when the server found a frame too large", () => {
  const outbox = new Outbox(null);
  const { socket, lines, events } = onFakeLines({ outbox });
  socket.connect();
  lines[0].onopen();
  socket.send(COMMAND);
  socket.send({ ...COMMAND, client_id: "two", text: "Hello, hello" });

  lines[0].onclose({ code: 1009 });

  equal(
    events.map(({ client_id: id }) => id),
    ["two"],
  );
  equal(outbox.all(), [COMMAND]);
});

test("a storage that holds nonsense is an empty outbox", () => {
  const storage = memory();
  storage.setItem("colloquy:outbox", "{");

  equal(new Outbox(storage).all(), []);
  ok(new Outbox(storage).take("one") === undefined);
});
