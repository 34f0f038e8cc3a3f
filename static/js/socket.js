/**
 * The one WebSocket of a tab: connects again after a break.
 *
 * Emits `events` (detail: the events of one frame), `opened`, and `changed` when
 * `phase` or `retryAt` changed.
 *
 * @typedef {{type: string} & Record<string, any>} ServerEvent
 */

const CLOSE_LOGGED_OUT = 4401;
const CLOSE_RESTARTING = 4001;
const CLOSE_TOO_LARGE = 1009;

/** The server closes with 1009 above this (docs/protocol.md, section 3). */
const MAX_FRAME_BYTES = 1024 * 1024;

// docs/protocol.md, section 3: 0.5 s doubling to 15 s; 0 to 5 s after a restart.
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const RESTART_SPREAD_MS = 5_000;
const QUIET_MS = 25_000; // ours: below the 30 s after which home routers forget a connection
const ANSWER_MS = 8_000; // ours: a ping that takes longer means a dead line

/** @typedef {"connecting" | "open" | "waiting" | "logged_out" | "closed"} Phase */

/** What a test may replace. */
const REAL = {
  /** @param {string} url @returns {any} */
  connect: (url) => new WebSocket(url),
  random: () => Math.random(),
  now: () => Date.now(),
  /** @param {() => void} callback @param {number} ms */
  setTimer: (callback, ms) => setTimeout(callback, ms),
  /** @param {any} timer */
  clearTimer: (timer) => clearTimeout(timer),
};

export class Socket extends EventTarget {
  #url;
  #real;
  /** @type {any} */
  #line = null;
  /** @type {Phase} */
  #phase = "closed";
  #attempts = 0;
  #retryAt = 0;
  /** @type {any} */
  #retryTimer = null;
  /** @type {any} */
  #liveTimer = null;
  /** @type {{command: any, size: number} | null} the largest one that went out on this line */
  #largest = null;

  /** @param {string} url @param {{real?: Partial<typeof REAL>}} [options] */
  constructor(url, { real = {} } = {}) {
    super();
    this.#url = url;
    this.#real = { ...REAL, ...real };
  }

  get phase() {
    return this.#phase;
  }

  get isOpen() {
    return this.#phase === "open";
  }

  /** When the next attempt begins, in ms since the epoch; 0 unless waiting. */
  get retryAt() {
    return this.#retryAt;
  }

  /** Failed attempts since the line was last open. */
  get attempts() {
    return this.#attempts;
  }

  /** Connect, or connect at once instead of after the delay. */
  connect() {
    if (this.#phase === "open" || this.#phase === "connecting") return;
    this.#real.clearTimer(this.#retryTimer);
    this.#retryAt = 0;
    this.#dial();
  }

  close() {
    this.#real.clearTimer(this.#retryTimer);
    this.#drop();
    this.#enter("closed");
  }

  /**
   * Send a command. Returns whether it went out; without a connection it does not.
   *
   * @param {any} command
   */
  send(command) {
    const frame = JSON.stringify(command);
    const size = new TextEncoder().encode(frame).length;
    if (size > MAX_FRAME_BYTES) {
      this.#reject(command, "The message is too large to send. Attach the long part as a file.");
      return false;
    }
    if (!this.isOpen) return false;
    if (size >= (this.#largest?.size ?? 0)) this.#largest = { command, size };
    this.#line.send(frame);
    return true;
  }

  /** The computer woke up or the person came back: find out at once whether the line lives. */
  wake() {
    if (this.#phase === "waiting") this.connect();
    if (!this.isOpen) return;
    this.#line.send(JSON.stringify({ type: "ping" }));
    this.#wait(ANSWER_MS, () => this.#broken());
  }

  #dial() {
    this.#enter("connecting");
    const line = this.#real.connect(this.#url);
    this.#line = line;
    line.onopen = () => this.#opened();
    line.onmessage = (/** @type {{data: string}} */ { data }) => this.#received(data);
    line.onclose = (/** @type {{code: number}} */ { code }) => this.#closed(code);
    this.#wait(LONGEST_DELAY_MS, () => this.#broken());
  }

  #opened() {
    this.#attempts = 0;
    this.#largest = null;
    this.#listen();
    this.#enter("open");
    this.dispatchEvent(new CustomEvent("opened"));
  }

  /** @param {string} frame */
  #received(frame) {
    this.#listen();
    const events = parseFrame(frame);
    if (events.length) this.#emit(events);
  }

  /** @param {ServerEvent[]} events */
  #emit(events) {
    this.dispatchEvent(new CustomEvent("events", { detail: events }));
  }

  /** @param {number} code */
  #closed(code) {
    this.#drop();
    if (code === CLOSE_LOGGED_OUT) {
      this.#enter("logged_out");
      return;
    }
    // What is too large for the server is larger than all that it took.
    if (code === CLOSE_TOO_LARGE && this.#largest)
      this.#reject(
        this.#largest.command,
        "The server refused the message because it is too large. Shorten it.",
      );
    this.#retryAfter(
      code === CLOSE_RESTARTING
        ? this.#real.random() * RESTART_SPREAD_MS
        : backOff(this.#attempts, FIRST_DELAY_MS, LONGEST_DELAY_MS, this.#real.random),
    );
  }

  /** @param {number} delayMs */
  #retryAfter(delayMs) {
    this.#attempts += 1;
    this.#retryAt = this.#real.now() + delayMs;
    this.#enter("waiting");
    this.#retryTimer = this.#real.setTimer(() => this.connect(), delayMs);
  }

  #broken() {
    this.#drop();
    this.#retryAfter(
      backOff(this.#attempts, FIRST_DELAY_MS, LONGEST_DELAY_MS, this.#real.random),
    );
  }

  #drop() {
    this.#real.clearTimer(this.#liveTimer);
    const line = this.#line;
    this.#line = null;
    if (!line) return;
    line.onopen = line.onmessage = line.onclose = null;
    line.close();
  }

  #listen() {
    this.#wait(QUIET_MS, () => this.wake());
  }

  /** @param {number} ms @param {() => void} then */
  #wait(ms, then) {
    this.#real.clearTimer(this.#liveTimer);
    this.#liveTimer = this.#real.setTimer(then, ms);
  }

  /** @param {any} command @param {string} message */
  #reject(command, message) {
    const error = {
      type: "request_too_large",
      message,
      retryable: false,
      request_id: null,
      action: "shorten",
    };
    this.#emit([
      {
        type: "command.rejected",
        command: command.type,
        client_id: command.client_id ?? null,
        error,
      },
    ]);
  }

  /** @param {Phase} phase */
  #enter(phase) {
    this.#phase = phase;
    if (phase !== "waiting") this.#retryAt = 0;
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

/**
 * Return a delay that doubles with each attempt. Half of it is certain, half is chance:
 * many pages must not come back together.
 *
 * @param {number} attempts made before
 * @param {number} first
 * @param {number} longest
 * @param {() => number} random
 */
export function backOff(attempts, first, longest, random) {
  const delay = Math.min(first * 2 ** attempts, longest);
  return delay / 2 + (random() * delay) / 2;
}

/**
 * Return the events of one frame. A frame that is not an array holds none: the
 * next gap in `seq` brings a snapshot.
 *
 * @param {string} frame
 * @returns {ServerEvent[]}
 */
export function parseFrame(frame) {
  try {
    const events = JSON.parse(frame);
    return Array.isArray(events) ? events.filter(hasType) : [];
  } catch {
    return [];
  }
}

/** @param {any} event */
function hasType(event) {
  return typeof event?.type === "string";
}
