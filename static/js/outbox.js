/**
 * Commands that the server has not accepted yet, in the order in which they were given.
 *
 * They go out when there is a connection, and again after each new one: a command sent
 * twice is carried out once (docs/protocol.md, section 4). Those of one conversation go
 * one after the other.
 *
 * @typedef {object} Unsent
 * @property {any} command
 * @property {any[]} attachments its files, as the page shows them
 * @property {string} begins names the new conversation that it belongs to until that has an id
 * @property {number} queued_at ms since the epoch
 * @property {any} error why it was refused for good, or null
 * @property {any} reason why the server could not carry it out yet, or null
 * @property {boolean} isOut went out on this line and is not answered yet
 * @property {number} tries refusals since there was hope
 * @property {object | null} pause holds it back while it is there
 * @typedef {import("./outbox-storage.js").OutboxStorage} OutboxStorage
 * @typedef {import("./socket.js").Socket} Socket
 */

import { backOff } from "./socket.js";

// ours: what a server needs to come back; it tells when it is back, too.
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
const SYNC_MS = 5_000; // ours: how long a command has no tab after its own is gone

const FRESH = { error: null, reason: null, isOut: false, tries: 0, pause: null };

/** What a test may replace. */
const REAL = {
  random: () => Math.random(),
  now: () => Date.now(),
  /** @param {() => void} callback @param {number} ms */
  setTimer: (callback, ms) => setTimeout(callback, ms),
  /** @param {any} timer */
  clearTimer: (timer) => clearTimeout(timer),
};

/**
 * Emits `changed`, and `found` and `lost` (detail: Unsent[]) when this tab took commands
 * over from another one, or another one from this.
 */
export class Outbox extends EventTarget {
  #socket;
  #mayGo;
  #shows;
  #real;
  /** @type {Promise<OutboxStorage | null>} */
  #storage = Promise.resolve(null);
  /** @type {Map<string, Unsent>} */
  #entries = new Map();
  /** @type {any} */
  #syncTimer = null;

  /**
   * @param {Socket} socket
   * @param {{mayGo?: (entry: Unsent) => boolean, shows?: (entry: Unsent) => boolean, real?: Partial<typeof REAL>}} [page]
   *   `mayGo` is false for what has to wait for an answer that runs, `shows` says what
   *   has its place on this page
   */
  constructor(socket, { mayGo = () => true, shows = () => true, real = {} } = {}) {
    super();
    this.#socket = socket;
    this.#mayGo = mayGo;
    this.#shows = shows;
    this.#real = { ...REAL, ...real };
    socket.addEventListener("opened", () => this.retry());
    socket.addEventListener("changed", () => this.#lineChanged());
  }

  /**
   * Send a command now or when that is possible.
   *
   * @param {any} command with a `client_id`
   * @param {{attachments?: any[], begins?: string}} [more]
   * @returns {Promise<void>} when a reload could not lose it any more, as far as that can be had
   */
  add(command, { attachments = [], begins = "" } = {}) {
    const entry = { ...FRESH, command, attachments, begins, queued_at: this.#real.now() };
    this.#entries.set(command.client_id, entry);
    const kept = this.#keep(entry);
    this.flush();
    this.#tell("changed");
    return kept;
  }

  /** Send a command that was found. @param {Unsent} entry */
  admit(entry) {
    this.#entries.set(entry.command.client_id, { ...FRESH, ...entry });
    this.flush();
    this.#tell("changed");
  }

  /** @param {string | null | undefined} clientId @returns {Unsent | undefined} */
  get(clientId) {
    return this.#entries.get(clientId ?? "");
  }

  /** All commands, oldest first. @returns {Unsent[]} */
  all() {
    return [...this.#entries.values()];
  }

  /** Forget a command and return it, or undefined when it was not ours. @param {string | null | undefined} clientId */
  take(clientId) {
    const entry = this.get(clientId);
    if (!entry) return undefined;
    this.#entries.delete(entry.command.client_id);
    this.#storage.then((storage) => storage?.delete(entry.command.client_id));
    this.flush();
    this.#tell("changed");
    return entry;
  }

  /** The server could not carry it out yet. @param {Unsent} entry @param {any} reason */
  postpone(entry, reason) {
    const delay = backOff(entry.tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, this.#real.random);
    const pause = {};
    Object.assign(entry, { reason, pause, isOut: false, tries: entry.tries + 1 });
    this.#real.setTimer(() => {
      if (entry.pause !== pause) return;
      entry.pause = null;
      this.flush();
    }, delay);
    this.#tell("changed");
  }

  /** The server refused it for good: what becomes of it is the person's choice. @param {Unsent} entry @param {any} error */
  fail(entry, error) {
    this.#change(entry, { error, reason: null, isOut: false });
  }

  /** Send what was refused once more. @param {Unsent} entry */
  resend(entry) {
    this.#change(entry, { error: null, tries: 0, pause: null });
  }

  /** A command began a conversation: what was to follow it goes there. @param {Unsent} first @param {string} conversation */
  settle(first, conversation) {
    for (const entry of this.all()) {
      if (entry === first || entry.begins !== first.begins || entry.command.conversation) continue;
      // Its tools were declared with the first message.
      const { tools: _declared, ...command } = entry.command;
      entry.command = { ...command, conversation };
      this.#keep(entry);
    }
  }

  /** There is a new connection, or the server is well again: nothing has to wait any more. */
  retry() {
    for (const entry of this.all())
      Object.assign(entry, { reason: null, isOut: false, tries: 0, pause: null });
    this.flush();
    this.#tell("changed");
  }

  /** Send what may go now. */
  flush() {
    const places = new Set();
    for (const entry of this.all()) {
      if (entry.error) continue;
      const place = placeOf(entry);
      if (!places.has(place) && this.#isDue(entry)) this.#send(entry);
      places.add(place);
    }
  }

  /**
   * Keep the commands where they outlive the page, and take over what was left there.
   *
   * @param {Promise<OutboxStorage>} opening
   */
  async keepIn(opening) {
    // A private window may forbid it: then a reload loses what is unsent, and nothing else.
    this.#storage = opening.catch(() => null);
    for (const entry of this.all()) this.#keep(entry);
    await this.sync();
  }

  /** Compare with the other tabs: take over what nobody sends, give up what is theirs. */
  async sync() {
    this.#real.clearTimer(this.#syncTimer);
    const storage = await this.#storage;
    if (!storage) return;
    const known = this.all().map(({ command }) => command.client_id);
    const { found, lost } = await storage.sync(known, this.#shows);
    this.#giveUp(lost);
    if (found.length) this.#tell("found", found);
    this.#real.clearTimer(this.#syncTimer);
    this.#syncTimer = this.#real.setTimer(() => this.sync(), SYNC_MS);
  }

  /** The page rests in the browser's memory: other tabs may send what is here. */
  rest() {
    this.#real.clearTimer(this.#syncTimer);
    this.#storage.then((storage) => storage?.rest());
  }

  /** The page is back. */
  async resume() {
    await (await this.#storage)?.resume();
    await this.sync();
  }

  /** @param {Unsent} entry */
  #isDue(entry) {
    return this.#socket.isOpen && !entry.isOut && !entry.pause && this.#mayGo(entry);
  }

  /** @param {Unsent} entry */
  #send(entry) {
    // What cannot be sent is refused before the call returns.
    entry.isOut = true;
    if (!this.#socket.send(entry.command)) entry.isOut = false;
  }

  #lineChanged() {
    if (!this.#socket.isOpen) for (const entry of this.all()) entry.isOut = false;
    if (this.#entries.size) this.#tell("changed");
  }

  /** @param {Unsent} entry @param {Partial<Unsent>} change */
  #change(entry, change) {
    Object.assign(entry, change);
    this.#keep(entry);
    this.flush();
    this.#tell("changed");
  }

  /** @param {Unsent} entry */
  async #keep({ command, attachments, begins, queued_at, error }) {
    const storage = await this.#storage;
    await storage?.put({ command, attachments, begins, queued_at, error }, this.#shows);
  }

  /** @param {string[]} ids */
  #giveUp(ids) {
    const lost = ids.map((id) => this.get(id)).filter((entry) => entry !== undefined);
    for (const { command } of lost) this.#entries.delete(command.client_id);
    if (lost.length) this.#tell("lost", lost);
  }

  /** @param {string} type @param {Unsent[]} [entries] */
  #tell(type, entries) {
    this.dispatchEvent(new CustomEvent(type, { detail: entries }));
  }
}

/** The conversation that a command belongs to. @param {Unsent} entry @returns {string} */
function placeOf({ command, begins }) {
  return command.conversation ?? begins;
}
