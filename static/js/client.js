/**
 * The page's side of the protocol: one socket, one conversation, one state.
 *
 * Emits `event` (detail: an applied server event), `changed` after each frame whose
 * events changed `state`, and `sent` (detail: a command of the person).
 */

import { Drafts } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { addressOf, socketAddress } from "./page.js";
import { APPLY, RESYNC, TurnOrder } from "./protocol.js";
import { Socket } from "./socket.js";
import { openStorage } from "./storage.js";
import { emptyState, liveTurn, prependEarlier, reduce } from "./store.js";

/** @typedef {import("./protocol.js").ServerEvent} ServerEvent */

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
