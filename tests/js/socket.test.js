import { equal, test } from "./check.js";
import { onFakeLines } from "./fake-lines.js";

const COMMAND = { type: "message.send", client_id: "one", text: "Hello" };

test("sends on an open line, and says so when there is none", () => {
  const { socket, lines, open } = onFakeLines();
  equal(socket.send(COMMAND), false);
  open();

  equal([socket.send(COMMAND), lines[0].sent], [true, [COMMAND]]);
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

test("the largest command of a line is the one that a server found too large", () => {
  const { socket, events, lines, open } = onFakeLines();
  open();
  socket.send(COMMAND);
  socket.send({ ...COMMAND, client_id: "two", text: "Hello, hello" });
  socket.send({ ...COMMAND, client_id: "three" });

  lines[0].onclose({ code: 1009 });

  equal(
    events.map(({ client_id: id, error }) => [id, error.type]),
    [["two", "request_too_large"]],
  );
  equal(socket.phase, "waiting");
});

test("whoever comes back finds out at once how the line is", () => {
  const { socket, lines, open, lose } = onFakeLines();
  open();
  socket.wake();
  equal(lines[0].sent, [{ type: "ping" }]);
  lose();

  socket.wake();

  equal([lines.length, socket.phase], [2, "connecting"]);
});

test("a line that was closed on purpose stays closed until it is wanted", () => {
  const { socket, lines, open, pass } = onFakeLines();
  open();

  socket.close();
  socket.wake();
  pass(60_000);

  equal([lines.length, socket.phase], [1, "closed"]);
});
