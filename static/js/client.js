/**
 * The page's side of the protocol: one socket, one conversation, one state.
 *
 * Emits `event` (detail: an applied server event, and our command that it answers),
 * `changed` after each frame whose events changed `state`, `sent` (detail: a command of
 * the person and its files), `unsent` when what waits to be sent changed, `found` (detail:
 * commands to be shown and given to `admit`) and `lost` (detail: commands that another tab
 * sends now).
 */

import { addressOf, loadPart, newId, socketAddress } from "./page.js";
import { Socket } from "./socket.js";
import { emptyState, liveTurn, prependEarlier, reduce } from "./store.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").Unsent} Unsent */
/** @typedef {import("./socket.js").ServerEvent} ServerEvent */
/** @typedef {{epoch: number, seq: number, waiting: boolean, known: boolean, ended: boolean}} Position */

/** Events that concern every page of a person, whichever conversation it shows. */
const EVERYWHERE = new Set([
  "conversation.changed",
  "conversation.renamed",
  "command.rejected",
  "server.restarting",
  "server.impaired",
  "server.recovered",
  "pong",
]);

export class Client extends EventTarget {
  /** @type {any} */
  page;
  state = emptyState();
  /** What sends commands until they are accepted; loaded with the first. @type {Outbox | null} */
  outbox = null;
  /** Whether the server has said that it stops. */
  isRestarting = false;
  /** @type {Promise<void> | null} */
  #preparing = null;
  #order = new TurnOrder();
  /** The new conversation of this page, until it has an id. */
  #begins = newId();
  /** A page of a new conversation may still be the one that an earlier page had begun. */
  #isFresh = true;
  /** @type {string | null} a turn that the person wants to be stopped */
  #cancelling = null;

  /** @param {any} page @param {{socket?: Socket}} [parts] */
  constructor(page, { socket } = {}) {
    super();
    this.page = page;
    this.conversation = page.conversation?.id ?? null;
    this.leaf = page.leaf ?? null;
    this.state = { ...this.state, conversation: page.conversation ?? null, leaf: this.leaf };
    this.socket = socket ?? new Socket(socketAddress(page));
    this.socket.addEventListener("opened", () => this.#opened());
    this.socket.addEventListener("events", (frame) =>
      this.#receive(/** @type {CustomEvent} */ (frame).detail),
    );
  }

  /** The turn that is running in this conversation, if one is. */
  get running() {
    return liveTurn(this.state);
  }

  /** Commands of this conversation that the server has not accepted, or has refused. */
  get unsent() {
    return (this.outbox?.all() ?? []).filter((entry) => this.shows(entry));
  }

  /** Those that are sent by themselves as soon as that is possible. */
  get waiting() {
    return this.unsent.filter(({ error }) => !error);
  }

  /** Whether the next message has to wait in the box. Without a connection it may queue. */
  get isBusy() {
    if (!this.socket.isOpen) return false;
    return this.running !== undefined || this.unsent.some(({ isOut }) => isOut);
  }

  /** Whether a command has its place on this page. @param {{command: any, begins: string}} entry */
  shows({ command, begins }) {
    const conversation = command.conversation ?? null;
    return conversation === this.conversation && (conversation !== null || begins === this.#begins);
  }

  /** Load what keeps commands until the server has accepted them. */
  prepare() {
    return (this.#preparing ??= this.#prepare().catch((error) => {
      this.#preparing = null;
      throw error;
    }));
  }

  /** Find what earlier pages and other tabs left unsent, if they left anything. */
  async takeOver() {
    if (!this.outbox && (await hasDatabase(this.#database))) await this.prepare().catch(() => {});
  }

  /** Show and send commands that were found. @param {Unsent[]} entries oldest first */
  admit(entries) {
    for (const entry of entries) {
      if (this.shows(entry)) this.#tell("sent", entry);
      this.outbox?.admit(entry);
    }
  }

  /** Ask for the state of the conversation and for all that follows. */
  watch() {
    if (!this.conversation) return;
    this.socket.send({
      type: "conversation.watch",
      conversation: this.conversation,
      leaf: this.leaf,
    });
  }

  /**
   * Send a command that starts a turn, and tell the page of it at once.
   *
   * @param {any} command without client_id
   * @param {{attachments?: any[]}} [extra] what the page shows with it
   * @returns {Promise<void>} when a reload could not lose it any more
   */
  begin(command, { attachments = [] } = {}) {
    const sent = { client_id: newId(), conversation: this.conversation, ...command };
    const more = { attachments, begins: this.#begins };
    this.#isFresh = false;
    this.#tell("sent", { command: sent, attachments });
    if (this.outbox) return this.outbox.add(sent, more);
    return this.prepare().then(
      () => this.outbox?.add(sent, more),
      (error) => this.#refuse({ ...more, command: sent, error }),
    );
  }

  /** Stop the running turn. Returns whether the server was told; if not, it will be. */
  cancel() {
    this.#cancelling = this.running?.id ?? null;
    return this.#tellCancel();
  }

  /** Ask for a turn as it is stored, whatever is known of it. @param {string} turn */
  recall(turn) {
    this.#order.expect(turn);
    this.socket.send({ type: "turn.resync", turn });
  }

  /** The page rests in the browser's memory, or goes away. */
  rest() {
    this.outbox?.rest();
    this.socket.close();
  }

  /** The page is back. */
  resume() {
    this.outbox?.resume();
    this.socket.connect();
  }

  /** @param {any[]} messages that the page loaded before the first one */
  prepend(messages) {
    this.state = prependEarlier(this.state, messages);
  }

  /** @param {string} name @param {string | null} [second] */
  address(name, second) {
    return addressOf(this.page, name, this.conversation, second);
  }

  /** The storage of the person's unsent commands: people at one browser stay apart. */
  get #database() {
    return `colloquy:${this.page.user.id}`;
  }

  async #prepare() {
    const [{ Outbox }, { openOutboxStorage }] = await loadPart(() =>
      Promise.all([import("./outbox.js"), import("./outbox-storage.js")]),
    );
    this.outbox = new Outbox(this.socket, {
      mayGo: (entry) => !this.#hasToWait(entry),
      shows: (entry) => this.shows(entry) || (this.#isFresh && !entry.command.conversation),
    });
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ act) =>
      this.outbox?.addEventListener(type, (event) =>
        act(/** @type {CustomEvent} */ (event).detail),
      );
    on("changed", () => this.#tell("unsent"));
    on("found", (entries) => this.#found(entries));
    on("lost", (entries) => this.#tell("lost", entries));
    this.outbox.keepIn(openOutboxStorage(this.#database)).then(() => (this.#isFresh = false));
  }

  /** @param {Unsent[]} entries */
  #found(entries) {
    const begun = entries.find(({ command }) => !command.conversation);
    if (this.#isFresh && begun) this.#begins = begun.begins;
    this.#isFresh = false;
    this.#tell("found", entries);
  }

  #opened() {
    this.isRestarting = false;
    this.watch();
    this.#tellCancel();
    this.takeOver();
  }

  /** What was missed is asked for, what was refused is sent again. */
  #recovered() {
    this.watch();
    this.#tellCancel();
    this.outbox?.retry();
  }

  #tellCancel() {
    const turn = this.#cancelling;
    if (turn === null || turn !== this.running?.id) return true;
    return this.socket.send({ type: "turn.cancel", turn });
  }

  /** A message that follows a running answer has no place before that has ended. @param {Unsent} entry */
  #hasToWait(entry) {
    return isFollowUp(entry.command) && this.shows(entry) && this.running !== undefined;
  }

  /** @param {ServerEvent[]} events */
  #receive(events) {
    const before = this.state;
    for (const event of events) this.#apply(event);
    if (this.state === before) return;
    this.#tell("changed");
    if (!this.running) this.outbox?.flush();
  }

  /** @param {ServerEvent} event */
  #apply(event) {
    const entry = this.outbox?.get(event.client_id);
    if (!this.#concerns(event, entry)) {
      if (entry) this.#settle(event, entry);
      return;
    }
    const verdict = this.#order.admit(event);
    if (verdict === RESYNC) this.socket.send({ type: "turn.resync", turn: event.turn });
    if (verdict !== APPLY) return;
    if (event.type === "command.rejected" && event.command === "turn.resync") this.watch();
    if (event.type === "server.restarting") this.isRestarting = true;
    if (event.type === "server.recovered") this.#recovered();
    this.#moveTo(event);
    this.state = reduce(this.state, event);
    if (entry) this.#settle(event, entry);
    this.#tell("event", { event, entry });
  }

  /** @param {ServerEvent} event @param {Unsent} entry our command, which it answers */
  #settle(event, entry) {
    if (event.type === "command.rejected") {
      if (isPassing(event.error, entry.command)) this.outbox?.postpone(entry, event.error);
      else this.outbox?.fail(entry, event.error);
    } else {
      if (!entry.command.conversation) this.outbox?.settle(entry, event.conversation.id);
      this.outbox?.take(event.client_id);
    }
  }

  /** A command could not even be queued. @param {any} entry */
  #refuse(entry) {
    this.#tell("event", { event: { type: "command.rejected" }, entry });
  }

  /** @param {ServerEvent} event @param {Unsent | undefined} entry ours, if the event answers one */
  #concerns(event, entry) {
    if (EVERYWHERE.has(event.type)) return true;
    const conversation = event.conversation?.id ?? event.conversation;
    // The first message of a new conversation tells this page which one it shows.
    return (
      conversation === this.conversation ||
      (this.conversation === null && entry !== undefined && this.shows(entry))
    );
  }

  /** @param {ServerEvent} event */
  #moveTo({ type, conversation, message, leaf }) {
    if (type === "message.accepted") {
      this.conversation = conversation.id;
      this.leaf = message.id;
    }
    // Only a branch that the page was opened with stays named over a reconnect.
    if (type.startsWith("turn.") && leaf) this.leaf = leaf;
  }

  /** @param {string} type @param {any} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Whether a refusal may be another answer in a while. @param {any} error @param {any} command */
function isPassing(error, command) {
  return error.retryable || (error.type === "turn_running" && isFollowUp(command));
}

/** A message without a parent follows whatever is the newest when it arrives. @param {any} command */
function isFollowUp({ type, conversation, parent }) {
  return type === "message.send" && Boolean(conversation) && !parent;
}

/** Whether there may be such a database; asking for it would make it. @param {string} name */
async function hasDatabase(name) {
  try {
    const all = await indexedDB.databases?.();
    return all?.some((database) => database.name === name) ?? true;
  } catch {
    return false;
  }
}

/** What to do with an event that arrived. */
const APPLY = "apply";
const DROP = "drop";
const RESYNC = "resync";

/** Keeps the place of every turn in the order of its events. */
export class TurnOrder {
  /** @type {Map<string, Position>} */
  #positions = new Map();

  /**
   * Say what is to be done with an event, and remember the new place.
   *
   * @param {ServerEvent} event
   * @returns {"apply" | "drop" | "resync"}
   */
  admit(event) {
    if (!isOrdered(event)) return APPLY;
    const position = this.#positions.get(event.turn) ?? beginning();
    return event.type === "turn.snapshot"
      ? this.#admitSnapshot(event, position)
      : this.#admitNext(event, position);
  }

  /** A snapshot of a turn was asked for. @param {string} turn */
  expect(turn) {
    const position = this.#positions.get(turn) ?? beginning();
    this.#positions.set(turn, { ...position, waiting: true });
  }

  /** @param {ServerEvent} event @param {Position} position */
  #admitSnapshot(event, position) {
    const isNews =
      !position.known || compare(event, position) > 0 || isMissedEnd(event, position);
    // A snapshot that was asked for is the server's word, whatever was seen before.
    if (!isNews && !position.waiting) return DROP;
    this.#move(event);
    return APPLY;
  }

  /** @param {ServerEvent} event @param {Position} position */
  #admitNext(event, position) {
    if (position.waiting || compare(event, position) <= 0) return DROP;
    if (event.epoch === position.epoch && event.seq === position.seq + 1) {
      this.#move(event);
      return APPLY;
    }
    this.#positions.set(event.turn, { ...position, waiting: true });
    return RESYNC;
  }

  /** @param {ServerEvent} event */
  #move(event) {
    const { turn, epoch, seq } = event;
    const ended = CLOSING.has(event.type) || isStoredEnd(event);
    this.#positions.set(turn, { epoch, seq, waiting: false, known: true, ended });
  }
}

const CLOSING = new Set(["turn.completed", "turn.cancelled", "turn.interrupted", "turn.failed"]);

/** Whether a snapshot is of a turn that has ended, as it is stored. @param {ServerEvent} event */
function isStoredEnd({ type, seq, state }) {
  return type === "turn.snapshot" && seq === 0 && !["queued", "running"].includes(state?.state);
}

/** Whether a snapshot tells of an end that was not seen. @param {ServerEvent} event @param {Position} position */
function isMissedEnd(event, position) {
  return isStoredEnd(event) && !position.ended && event.epoch >= position.epoch;
}

/** @param {ServerEvent} event */
function isOrdered(event) {
  return Number.isInteger(event.epoch) && Number.isInteger(event.seq);
}

/** @returns {Position} */
function beginning() {
  return { epoch: 1, seq: 0, waiting: false, known: false, ended: false };
}

/** @param {any} a @param {Position} b */
function compare(a, b) {
  return a.epoch - b.epoch || a.seq - b.seq;
}
