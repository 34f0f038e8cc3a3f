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

  /** A command was refused. @param {any} command @param {string} reason @param {boolean} isGivenBack */
  reject(command, reason, isGivenBack) {
    this.#live?.reject(command, reason, isGivenBack);
  }

  /** The files that went with a command. @param {any} command @returns {any[]} */
  attachmentsOf(command) {
    return this.#live?.attachmentsOf(command) ?? [];
  }

  /** What a chip of a running answer stands for. @param {HTMLElement} chip */
  sourceOf(chip) {
    return this.#live?.sourceOf(chip);
  }

  /** @param {HTMLElement} article of a message that was refused */
  takeFailed(article) {
    return this.#live?.takeFailed(article);
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
  const expected = expectedArticles(state);
  if (expected.some(({ turn }) => turn && isLive(state.turns[turn]))) return false;
  if (column.querySelector(':is([data-state="queued"], [data-state="running"])')) return false;
  const shown = [...column.querySelectorAll(":scope > article")].map(({ id }) => id);
  const first = Math.max(0, shown.indexOf(expected[0]?.id));
  return shown.slice(first).join() === expected.map(({ id }) => id).join();
}

/** The articles of the branch, oldest first. @param {State} state @returns {Expected[]} */
export function expectedArticles(state) {
  /** @type {Expected[]} */
  const expected = [];
  for (const id of state.path) {
    const message = state.messages[id];
    const place = message?.turn
      ? { id: `turn-${message.turn}`, message, turn: message.turn }
      : { id: `message-${id}`, message, turn: null };
    // The messages of one turn are one article.
    if (expected.at(-1)?.id !== place.id) expected.push(place);
  }
  const open = shownTurn(state);
  if (open && expected.at(-1)?.id !== `turn-${open.id}`)
    expected.push({ id: `turn-${open.id}`, message: null, turn: open.id });
  return expected;
}

/** The turn that answers the branch's last message, if that is a person's. @param {State} state */
export function shownTurn(state) {
  const last = state.path.at(-1);
  const turns = Object.values(state.turns).filter((turn) => turn.user_message === last);
  return turns.find(isLive) ?? turns.at(-1);
}
