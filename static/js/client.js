/**
 * The page's side of the protocol: one socket, one conversation, one state.
 *
 * Emits `event` (detail: an applied server event), `changed` after each frame whose
 * events changed `state`, and `sent` (detail: a command of the person).
 */

import { addressOf, openStorage, socketAddress } from "./page.js";
import { Outbox, Socket } from "./socket.js";
import { emptyState, liveTurn, prependEarlier, reduce } from "./store.js";

/** @typedef {import("./socket.js").ServerEvent} ServerEvent */
/** @typedef {{epoch: number, seq: number, waiting: boolean, known: boolean}} Position */

/** Events that concern every page of a person, whichever conversation it shows. */
const EVERYWHERE = new Set([
  "conversation.changed",
  "conversation.renamed",
  "command.rejected",
  "server.restarting",
  "pong",
]);

export class Client extends EventTarget {
  /** @type {any} */
  page;
  state = emptyState();
  #outbox;
  #order = new TurnOrder();

  /** @param {any} page @param {{socket?: Socket, outbox?: Outbox, drafts?: Drafts}} [parts] */
  constructor(page, { outbox = new Outbox(openStorage("sessionStorage")), socket, drafts } = {}) {
    super();
    this.page = page;
    this.#outbox = outbox;
    this.drafts = drafts ?? new Drafts(openStorage("localStorage"), page.user.id);
    this.conversation = page.conversation?.id ?? null;
    this.leaf = page.leaf ?? null;
    this.state = { ...this.state, conversation: page.conversation ?? null, leaf: this.leaf };
    this.socket = socket ?? new Socket(socketAddress(page), { outbox });
    this.socket.addEventListener("opened", () => this.watch());
    this.socket.addEventListener("events", (frame) =>
      this.#receive(/** @type {CustomEvent} */ (frame).detail),
    );
  }

  /** The turn that is running in this conversation, if one is. */
  get running() {
    return liveTurn(this.state);
  }

  /** Commands of this conversation that the server has not accepted yet. */
  get waiting() {
    return this.#outbox
      .all()
      .filter((command) => (command.conversation ?? null) === this.conversation);
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
   * @param {any} [extra] what the page needs to show it before it is accepted
   */
  begin(command, extra = {}) {
    const sent = { client_id: crypto.randomUUID(), conversation: this.conversation, ...command };
    this.dispatchEvent(new CustomEvent("sent", { detail: { command: sent, ...extra } }));
    this.socket.send(sent);
    return sent;
  }

  /** Stop the running turn. */
  cancel() {
    if (this.running) this.socket.send({ type: "turn.cancel", turn: this.running.id });
  }

  /** @param {any[]} messages that the page loaded before the first one */
  prepend(messages) {
    this.state = prependEarlier(this.state, messages);
  }

  /** @param {string} name @param {string | null} [second] */
  address(name, second) {
    return addressOf(this.page, name, this.conversation, second);
  }

  /** @param {ServerEvent[]} events */
  #receive(events) {
    const before = this.state;
    for (const event of events) this.#apply(event);
    if (this.state !== before) this.dispatchEvent(new CustomEvent("changed"));
  }

  /** @param {ServerEvent} event */
  #apply(event) {
    const command = this.#settle(event);
    if (!this.#concerns(event, command)) return;
    const verdict = this.#order.admit(event);
    if (verdict === RESYNC) this.socket.send({ type: "turn.resync", turn: event.turn });
    if (verdict !== APPLY) return;
    if (event.type === "command.rejected" && event.command === "turn.resync") this.watch();
    this.#moveTo(event);
    this.state = reduce(this.state, event);
    this.dispatchEvent(new CustomEvent("event", { detail: { event, command } }));
  }

  /** Return our command that the event answers, which needs no more care. @param {ServerEvent} event */
  #settle({ client_id: clientId = null }) {
    const command = this.#outbox.take(clientId);
    if (command) this.drafts.forgetUnsent(command.conversation ?? null, clientId);
    return command;
  }

  /** @param {ServerEvent} event @param {any} command ours, if the event answers one */
  #concerns(event, command) {
    if (EVERYWHERE.has(event.type)) return true;
    const conversation = event.conversation?.id ?? event.conversation;
    // The first message of a new conversation tells this page which one it shows.
    return (
      conversation === this.conversation || (this.conversation === null && command !== undefined)
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

  /** @param {ServerEvent} event @param {Position} position */
  #admitSnapshot(event, position) {
    const isNews = !position.known || compare(event, position) > 0;
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
  #move({ turn, epoch, seq }) {
    this.#positions.set(turn, { epoch, seq, waiting: false, known: true });
  }
}

/** @param {ServerEvent} event */
function isOrdered(event) {
  return Number.isInteger(event.epoch) && Number.isInteger(event.seq);
}

/** @returns {Position} */
function beginning() {
  return { epoch: 1, seq: 0, waiting: false, known: false };
}

/** @param {any} a @param {Position} b */
function compare(a, b) {
  return a.epoch - b.epoch || a.seq - b.seq;
}

const SAVE_DELAY_MS = 300; // ours: a pause in typing, so that not every key is written to the disk
const ORPHANED_MS = 60_000; // ours: an older unsent text has no tab any more that sends it

/**
 * What a person typed and has not sent, per conversation, in the browser's storage.
 *
 * A text that was sent stays kept as "unsent" until the server accepts it: nothing
 * typed is ever lost to a crash between the two.
 */
export class Drafts {
  #storage;
  #prefix;
  /** @type {Map<string, {text: string, timer: any}>} */
  #unsaved = new Map();

  /**
   * @param {Storage | null} storage
   * @param {string} person drafts of two people at one browser stay apart
   */
  constructor(storage, person) {
    this.#storage = storage;
    this.#prefix = `colloquy:${person}:`;
  }

  /** @param {string | null} conversation null is the page of a new conversation */
  read(conversation) {
    const key = this.#draftKey(conversation);
    return this.#unsaved.get(key)?.text ?? this.#get(key) ?? "";
  }

  /** Save after a pause. @param {string | null} conversation @param {string} text */
  save(conversation, text) {
    const key = this.#draftKey(conversation);
    clearTimeout(this.#unsaved.get(key)?.timer);
    this.#unsaved.set(key, { text, timer: setTimeout(() => this.flush(), SAVE_DELAY_MS) });
  }

  /** Save everything now: the page may go away. */
  flush() {
    for (const [key, { text, timer }] of this.#unsaved) {
      clearTimeout(timer);
      if (text) this.#set(key, text);
      else this.#remove(key);
    }
    this.#unsaved.clear();
  }

  /**
   * Keep a text that is on its way.
   *
   * @param {string | null} conversation
   * @param {string} clientId
   * @param {string} text
   * @param {number} [now]
   */
  keepUnsent(conversation, clientId, text, now = Date.now()) {
    const unsent = this.#unsent(conversation);
    unsent[clientId] = { text, sent_at: now };
    this.#set(this.#unsentKey(conversation), JSON.stringify(unsent));
  }

  /** The server has it. @param {string | null} conversation @param {string} clientId */
  forgetUnsent(conversation, clientId) {
    const unsent = this.#unsent(conversation);
    delete unsent[clientId];
    if (Object.keys(unsent).length)
      this.#set(this.#unsentKey(conversation), JSON.stringify(unsent));
    else this.#remove(this.#unsentKey(conversation));
  }

  /**
   * Return texts that no tab sends any more, and forget them: they are drafts again.
   *
   * @param {string | null} conversation
   * @param {string[]} ownIds client ids that this tab still sends
   * @param {number} [now]
   * @returns {string[]}
   */
  takeOrphans(conversation, ownIds, now = Date.now()) {
    const orphans = Object.entries(this.#unsent(conversation)).filter(
      ([id, { sent_at }]) => !ownIds.includes(id) && now - sent_at > ORPHANED_MS,
    );
    for (const [id] of orphans) this.forgetUnsent(conversation, id);
    return orphans.map(([, { text }]) => text);
  }

  /** @param {string | null} conversation @returns {Record<string, {text: string, sent_at: number}>} */
  #unsent(conversation) {
    try {
      return JSON.parse(this.#get(this.#unsentKey(conversation)) ?? "{}");
    } catch {
      return {};
    }
  }

  /** @param {string | null} conversation */
  #draftKey(conversation) {
    return `${this.#prefix}draft:${conversation ?? "new"}`;
  }

  /** @param {string | null} conversation */
  #unsentKey(conversation) {
    return `${this.#prefix}unsent:${conversation ?? "new"}`;
  }

  /** @param {string} key */
  #get(key) {
    return this.#storage?.getItem(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  #set(key, value) {
    try {
      this.#storage?.setItem(key, value);
    } catch {
      // A full storage must not stop a person from writing.
    }
  }

  /** @param {string} key */
  #remove(key) {
    this.#storage?.removeItem(key);
  }
}
