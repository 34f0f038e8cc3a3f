/**
 * The one WebSocket of a tab: connects again after a break and sends again what the
 * server has not accepted.
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
  #outbox;
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

  /**
   * @param {string} url
   * @param {{outbox?: Outbox, real?: Partial<typeof REAL>}} [options]
   */
  constructor(url, { outbox = new Outbox(null), real = {} } = {}) {
    super();
    this.#url = url;
    this.#outbox = outbox;
    this.#real = { ...REAL, ...real };
  }

  get phase() {
    return this.#phase;
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
   * Send a command. One with a `client_id` is kept until the server accepts or
   * rejects it; another is lost when there is no connection.
   *
   * @param {any} command
   */
  send(command) {
    const frame = JSON.stringify(command);
    if (new TextEncoder().encode(frame).length > MAX_FRAME_BYTES) {
      this.#reject(command, "The message is too large to send. Attach the long part as a file.");
      return;
    }
    if (command.client_id) this.#outbox.add(command);
    if (this.#phase === "open") this.#line.send(frame);
  }

  /** Ask whether the line still lives, for example after the computer slept. */
  probe() {
    if (this.#phase !== "open") return;
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
    this.#listen();
    this.#enter("open");
    // Watching comes first: what is sent again must not be answered unseen.
    this.dispatchEvent(new CustomEvent("opened"));
    for (const command of this.#outbox.all()) this.#line.send(JSON.stringify(command));
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
    if (code === CLOSE_TOO_LARGE) this.#rejectLargest();
    this.#retryAfter(
      code === CLOSE_RESTARTING ? this.#real.random() * RESTART_SPREAD_MS : this.#backOff(),
    );
  }

  /** Half of the delay is certain, half is chance: many pages must not come back together. */
  #backOff() {
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#attempts, LONGEST_DELAY_MS);
    return delay / 2 + (this.#real.random() * delay) / 2;
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
    this.#retryAfter(this.#backOff());
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
    this.#wait(QUIET_MS, () => this.probe());
  }

  /** @param {number} ms @param {() => void} then */
  #wait(ms, then) {
    this.#real.clearTimer(this.#liveTimer);
    this.#liveTimer = this.#real.setTimer(then, ms);
  }

  #rejectLargest() {
    const size = (/** @type {any} */ command) => JSON.stringify(command).length;
    const [largest] = this.#outbox.all().sort((a, b) => size(b) - size(a));
    if (!largest) return;
    this.#outbox.take(largest.client_id);
    this.#reject(largest, "The server refused the message because it is too large. Shorten it.");
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

const OUTBOX_KEY = "colloquy:outbox";

/**
 * Commands that the server has not accepted yet.
 *
 * Kept in the tab's own storage, so that a reload in the wrong moment loses nothing:
 * a command sent twice is carried out once (docs/protocol.md, section 4).
 */
export class Outbox {
  #storage;
  /** @type {Map<string, any>} */
  #commands;

  /** @param {Storage | null} storage */
  constructor(storage) {
    this.#storage = storage;
    this.#commands = new Map(load(storage));
  }

  /** @param {any} command a command with a `client_id` */
  add(command) {
    this.#commands.set(command.client_id, command);
    this.#save();
  }

  /** Forget a command and return it, or undefined when it was not ours. @param {string | null} clientId */
  take(clientId) {
    const command = this.#commands.get(clientId ?? "");
    if (command && this.#commands.delete(command.client_id)) this.#save();
    return command;
  }

  /** The waiting commands, oldest first. @returns {any[]} */
  all() {
    return [...this.#commands.values()];
  }

  #save() {
    try {
      this.#storage?.setItem(OUTBOX_KEY, JSON.stringify([...this.#commands]));
    } catch {
      // A full storage costs only the protection against a reload.
    }
  }
}

/** @param {Storage | null} storage @returns {[string, any][]} */
function load(storage) {
  try {
    const entries = JSON.parse(storage?.getItem(OUTBOX_KEY) ?? "[]");
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}
