/**
 * The conversation on the page: <message-thread>.
 *
 * What the server printed needs no more than to be scrolled. What draws changes is
 * loaded when a person turns to the composer, or when there is something to draw.
 */

import { byId, loadPart, showToast, withPart } from "./page.js";
import { isLive } from "./store.js";

/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./live-thread.js").LiveThread} LiveThread */
/** @typedef {import("./scrolling.js").Follower} Follower */
/** @typedef {import("./store.js").State} State */
/** @typedef {{id: string, message: any, turn: string | null}} Expected */

export class MessageThread extends HTMLElement {
  /** @type {Client} */
  #client;
  /** @type {Promise<Follower> | null} */
  #following = null;
  /** @type {Promise<void> | null} */
  #preparing = null;
  /** @type {LiveThread | null} */
  #live = null;
  /** @type {import("./announcer.js").Announcer | null} */
  #announcer = null;
  #hasChanged = false;
  #hasFailed = false;
  #abort = new AbortController();

  /** @param {Client} client */
  start(client) {
    const { signal } = this.#abort;
    this.#client = client;
    client.addEventListener("changed", () => this.#changed(), { signal });
    if (client.conversation)
      withPart(
        () => this.follow(),
        () => {},
      );
    if (this.querySelector(".code, .math"))
      withPart(
        () => import("./enhance.js"),
        ({ enhance }) => enhance(byId("log-column")),
      );
  }

  disconnectedCallback() {
    this.#abort.abort();
    this.#live?.stop();
    this.#following?.then((follower) => follower.stop());
  }

  /** Keep the newest text in view. */
  follow() {
    return (this.#following ??= this.#follow().catch((error) => {
      this.#following = null;
      throw error;
    }));
  }

  /** Load what draws messages and answers; commands are sent after that. */
  prepare() {
    return (this.#preparing ??= this.#prepare().catch((error) => {
      this.#preparing = null;
      // Only what could not be loaded is worth another try without a word.
      if (!("status" in error)) reportError(error);
      throw error;
    }));
  }

  /** Tell people who listen to the page. @param {string} line */
  announce(line) {
    withPart(
      () => this.#speaker(),
      (announcer) => announcer.note(line),
    );
  }

  /** A command will not be sent, or not by this tab. @param {any} command */
  reject(command) {
    this.#live?.reject(command);
  }

  /** What a chip of a running answer stands for. @param {HTMLElement} chip */
  sourceOf(chip) {
    return this.#live?.sourceOf(chip);
  }

  async #follow() {
    const { Follower, rememberBranchPoint, restoreBranchPoint } = await loadPart(
      () => import("./scrolling.js"),
    );
    const log = byId("log");
    const follower = new Follower(log, byId("log-column"), byId("latest"));
    if (restoreBranchPoint(log)) follower.release();
    rememberBranchPoint(log, this.#abort.signal);
    return follower;
  }

  async #prepare() {
    const [{ LiveThread }, follower, announcer] = await Promise.all([
      loadPart(() => import("./live-thread.js")),
      this.follow(),
      this.#speaker(),
      // The drawing imports this too, but several steps down: asked for now, it comes sooner.
      loadPart(() => import("./markdown.js")),
    ]);
    // What can be done with an answer must not need the network when that is away.
    import("./message-actions.js").catch(() => {});
    const column = byId("log-column");
    this.#live = new LiveThread(this.#client, { column, follower, announcer });
    // Until the server told its state, what it printed is all there is.
    if (this.#hasChanged) this.#live.draw();
    this.#hasFailed = false;
  }

  async #speaker() {
    const { Announcer } = await loadPart(() => import("./announcer.js"));
    return (this.#announcer ??= new Announcer(byId("announcer"), byId("alerts")));
  }

  /** Once there is something to draw, what draws it looks after itself. */
  #changed() {
    this.#hasChanged = true;
    if (this.#live || isDrawn(byId("log-column"), this.#client.state)) return;
    this.prepare().catch((error) => this.#failed(error));
  }

  /** Each change tries again; saying so once is enough. @param {Error} error */
  #failed(error) {
    if (!this.#hasFailed)
      showToast(`What changed cannot be shown. ${error.message}`, "error");
    this.#hasFailed = true;
  }
}

/** Whether the page shows the branch as it is, with nothing that still moves. @param {HTMLElement} column @param {State} state */
function isDrawn(column, state) {
  const places = placesIn(column, state);
  if (places.some(({ turn }) => turn && isLive(state.turns[turn]))) return false;
  if (column.querySelector(':is([data-state="queued"], [data-state="running"])')) return false;
  const shown = /** @type {HTMLElement[]} */ ([...column.querySelectorAll(":scope > article")]);
  const first = Math.max(
    0,
    shown.findIndex(({ id }) => id === places[0]?.id),
  );
  const keys = shown.slice(first).map(({ id, dataset }) => keyOf(id, dataset.turn));
  return keys.join() === places.map(({ id, turn }) => keyOf(id, turn)).join();
}

/** An answer that goes on has the same id, and another newest turn. @param {string} id @param {string | null} [turn] */
function keyOf(id, turn) {
  return `${id} ${turn ?? ""}`;
}

/** The articles of the branch as they are called on the page. @param {HTMLElement} column @param {State} state */
export function placesIn(column, state) {
  const places = expectedArticles(state);
  const [first] = places;
  // What the page knows of the branch may begin in the middle of an answer.
  const known = first?.turn && column.querySelector(`[data-turns~="${CSS.escape(first.turn)}"]`);
  if (known) first.id = known.id;
  return places;
}

/** The articles of the branch, oldest first. @param {State} state @returns {Expected[]} */
export function expectedArticles(state) {
  /** @type {Expected[]} */
  const expected = [];
  const add = (/** @type {Expected} */ place) => {
    const last = expected.at(-1);
    // The messages of one turn, and of those that continue it, are one article.
    if (last?.id === place.id) Object.assign(last, place);
    else expected.push(place);
  };
  for (const id of state.path) {
    const message = state.messages[id];
    const turn = message?.turn ?? null;
    if (turn) add({ id: message.article ?? articleOf(state, turn), message, turn });
    else if (!continuedBy(state, id)) add({ id: `message-${id}`, message, turn: null });
  }
  const open = shownTurn(state);
  if (open) add({ id: articleOf(state, open.id), message: null, turn: open.id });
  return expected;
}

/** The turn that answers the branch's last message, if that is a person's. @param {State} state */
export function shownTurn(state) {
  const last = state.path.at(-1);
  const turns = Object.values(state.turns).filter((turn) => turn.user_message === last);
  return turns.find(isLive) ?? turns.at(-1);
}

/** @param {State} state @param {string} turn */
function articleOf(state, turn) {
  return `turn-${turnsOf(state, turn)[0]}`;
}

/** The turns of one answer up to a turn, oldest first: each continues the one before. @param {State} state @param {string} turn @returns {string[]} */
export function turnsOf(state, turn) {
  const ids = [turn];
  for (;;) {
    const question = state.turns[ids[0]]?.user_message;
    const before = question && continuedBy(state, question);
    if (!before || ids.includes(before)) return ids;
    ids.unshift(before);
  }
}

/** The turn whose rest a message asks for, if it does. @param {State} state @param {string} message */
function continuedBy(state, message) {
  const turns = Object.values(state.turns);
  // A turn that answers it again need not say so itself.
  return turns.find((turn) => turn.user_message === message && turn.continues)?.continues;
}
