import { Socket } from "/static/js/socket.js";

/**
 * A socket on lines that the test plays, with a clock that the test moves. `lines` are the
 * connections so far, each with what was `sent` on it.
 */
export function onFakeLines({ random = 1 } = {}) {
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
  const socket = new Socket("ws://test/", { real });
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
  /** Open the newest line, which may have to be dialled first. */
  const open = () => {
    socket.connect();
    lines.at(-1).onopen();
  };
  const lose = () => lines.at(-1).onclose({ code: 1006 });
  const say = (...said) => lines.at(-1).onmessage({ data: JSON.stringify(said) });
  return { socket, lines, events, pass, open, lose, say, real };
}
