/** Draws the conversation while it changes: what is sent, what is answered, what has ended. */

import { AnswerSpeech } from "./answer-speech.js";
import { LiveAnswer } from "./answer.js";
import { byId, showToast } from "./page.js";
import { Pending } from "./pending.js";
import { refresh } from "./refresh.js";
import { Resuming } from "./resuming.js";
import { isLive } from "./store.js";
import { placesIn, shownTurn, turnsOf } from "./thread.js";
import { buildUserMessage, identify } from "./user-message.js";

/** @typedef {import("./announcer.js").Announcer} Announcer */
/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./scrolling.js").Follower} Follower */
/** @typedef {import("./store.js").State} State */
/** @typedef {import("./thread.js").Expected} Expected */

const FRAME_MS = 16;
const HIDDEN_FRAME_MS = 1_000; // ours: nobody looks, but titles and announcements go on

export class LiveThread {
  /** @type {Client} */
  #client;
  /** @type {AnswerSpeech} */
  #speech;
  /** @type {Follower} */
  #follower;
  /** @type {Pending} */
  #pending;
  /** @type {Resuming} */
  #resuming;
  /** @type {HTMLElement} */
  #column;
  /** @type {Map<string, LiveAnswer>} by the id of their articles */
  #answers = new Map();
  /** @type {Map<string, Expected>} by the id of their articles */
  #places = new Map();
  /** @type {Set<string>} turns that were asked for since the connection is there */
  #recalled = new Set();
  /** @type {State | null} */
  #drawn = null;
  /** @type {any} */
  #timer = null;
  #drawnAt = 0;
  #grown = () => this.#follower.grew();
  #abort = new AbortController();
  /** @type {any} */
  #clock = null;

  /**
   * @param {Client} client
   * @param {{column: HTMLElement, follower: Follower, announcer: Announcer}} page
   */
  constructor(client, { column, follower, announcer }) {
    this.#client = client;
    this.#speech = new AnswerSpeech(announcer);
    this.#column = column;
    this.#follower = follower;
    this.#pending = new Pending(column, this.#grown);
    this.#resuming = new Resuming(column);
    this.#listen();
    this.#clock = setInterval(() => this.#tick(), 1_000);
    // What an answer said before this page looked is not read out.
    for (const { id, answers } of Object.values(client.state.turns))
      if (answers.length) this.#speech.join(id);
    for (const entry of client.unsent) this.#show(entry);
  }

  stop() {
    this.#abort.abort();
    clearInterval(this.#clock);
    clearTimeout(this.#timer);
  }

  /** A command will not be sent, or not by this tab. @param {any} command */
  reject({ client_id: clientId }) {
    this.#pending.reject(clientId);
    this.#resuming.reject(clientId);
  }

  /** What a chip of a running answer stands for. @param {HTMLElement} chip */
  sourceOf(chip) {
    const id = chip.closest("article")?.id ?? "";
    return this.#answers.get(id)?.sourceOf(Number(chip.dataset.source));
  }

  #listen() {
    const { signal } = this.#abort;
    const client = this.#client;
    client.addEventListener(
      "sent",
      (event) => this.#show(/** @type {CustomEvent} */ (event).detail),
      { signal },
    );
    client.addEventListener(
      "event",
      (event) => this.#note(/** @type {CustomEvent} */ (event).detail),
      { signal },
    );
    client.addEventListener("changed", () => this.#schedule(), { signal });
    client.socket.addEventListener("opened", () => this.#recalled.clear(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.draw(), {
      signal,
    });
  }

  /** The person's own message stands there in the same frame. @param {{command: any, attachments?: any[]}} sent */
  #show({ command, attachments }) {
    byId("empty-state")?.setAttribute("hidden", "");
    if (command.type === "turn.continue") this.#resume(command);
    else this.#pending.show(command, { attachments });
    this.#follower.stick();
  }

  /** The answer itself goes on; what there is of it is drawn anew with the rest. @param {any} command */
  #resume(command) {
    this.#resuming.show(command);
    this.#recall(turnsOf(this.#client.state, command.turn));
  }

  /** @param {{event: any, command: any}} applied */
  #note({ event }) {
    if (event.type === "message.accepted") this.#accept(event);
    if (event.type === "turn.snapshot" && isLive(event.state)) this.#speech.join(event.turn);
  }

  /** @param {any} event */
  #accept({ client_id, message, turn }) {
    this.#resuming.accept(client_id);
    const answer = this.#pending.accept(client_id, message, turn);
    if (answer) this.#answers.set(`turn-${turn.id}`, answer);
    const article = document.getElementById(`message-${message.id}`);
    if (answer && article) this.#refresh(article, "message", message.id);
  }

  /** Draw now if the last time is a frame ago: text is then on the screen with the next frame. */
  #schedule() {
    const pause = document.hidden ? HIDDEN_FRAME_MS : FRAME_MS;
    const wait = this.#drawnAt + pause - performance.now();
    if (wait <= 0) this.draw();
    else this.#timer ??= setTimeout(() => this.draw(), wait);
  }

  /** Make the page what the store says. */
  draw() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#drawnAt = performance.now();
    const { state } = this.#client;
    if (state === this.#drawn) return;
    if (this.#isShapeChanged(state)) this.#shape(state);
    this.#drawn = state;
    let hasGrown = false;
    for (const [id, answer] of this.#answers) hasGrown = this.#drawAnswer(id, answer) || hasGrown;
    if (hasGrown) this.#follower.grew();
  }

  /** @param {State} state */
  #isShapeChanged(state) {
    const before = this.#drawn;
    return (
      !before ||
      before.path !== state.path ||
      shownTurn(before)?.id !== shownTurn(state)?.id ||
      shownTurn(before)?.state !== shownTurn(state)?.state
    );
  }

  /** @param {string} id @param {LiveAnswer} answer */
  #drawAnswer(id, answer) {
    const { state } = this.#client;
    const turns = turnsOf(state, this.#places.get(id)?.turn ?? id.slice("turn-".length));
    const turn = state.turns[turns[turns.length - 1]];
    if (!turn) return false;
    this.#recall(turns.slice(0, -1));
    const hasChanged = answer.update(turns.map((each) => state.turns[each] ?? unknownTurn(each)));
    if (hasChanged) this.#speech.speak(answer, turn);
    if (!isLive(turn)) this.#retire(id, answer, turn);
    return hasChanged;
  }

  /** Ask for the text of turns that is to be continued, as it is stored. @param {string[]} turns */
  #recall(turns) {
    for (const id of turns) {
      if (this.#client.state.turns[id]?.isStored || this.#recalled.has(id)) continue;
      this.#recalled.add(id);
      this.#client.recall(id);
    }
  }

  /** A turn has ended: the server's article is the truth. @param {string} id @param {LiveAnswer} answer @param {any} turn */
  #retire(id, answer, turn) {
    this.#answers.delete(id);
    this.#speech.forget(turn.id);
    this.#refresh(answer.element, "turn", turn.id);
  }

  /** Make the articles those of the branch. @param {State} state */
  #shape(state) {
    const expected = placesIn(this.#column, state);
    this.#places = new Map(expected.map((place) => [place.id, place]));
    this.#removeOthers(expected, state);
    let previous = /** @type {Element | null} */ (null);
    for (const place of expected) previous = this.#ensure(place, previous, state);
    this.#refreshEnded(state);
  }

  /** @param {Expected[]} expected @param {State} state */
  #removeOthers(expected, state) {
    const wanted = new Set(expected.map(({ id }) => id));
    const answered = new Set(expected.map(({ turn }) => turn && state.turns[turn]?.user_message));
    const articles = /** @type {HTMLElement[]} */ ([
      ...this.#column.querySelectorAll(":scope > article"),
    ]);
    const first = Math.max(
      0,
      articles.findIndex((article) => article.id === expected[0]?.id),
    );
    for (const article of articles.slice(first)) {
      const isKept = wanted.has(article.id) || "clientId" in article.dataset;
      if (!isKept && !isStandingNotice(article, state, answered)) this.#remove(article);
    }
  }

  /** @param {HTMLElement} article */
  #remove(article) {
    article.remove();
    this.#answers.delete(article.id);
  }

  /** @param {Expected} place @param {Element | null} previous @param {State} state @returns {Element} */
  #ensure(place, previous, state) {
    const turn = place.turn ? state.turns[place.turn] : undefined;
    const known = document.getElementById(place.id) ?? this.#answers.get(place.id)?.element;
    if (known?.isConnected) {
      this.#keep(known, place, turn);
      return known;
    }
    const article = place.turn ? this.#addAnswer(place, turn) : this.#addUserMessage(place.message);
    if (previous) previous.after(article);
    else
      this.#column.insertBefore(article, this.#column.querySelector(":scope > [data-client-id]"));
    if (!isLive(turn)) this.#load(article, place);
    return article;
  }

  /** @param {HTMLElement} article @param {Expected} place @param {any} turn */
  #keep(article, place, turn) {
    if (!place.turn || this.#answers.has(place.id)) return;
    if (isLive(turn)) this.#answers.set(place.id, new LiveAnswer(this.#grown, article));
    // It went on, or was taken back, while this page did not look.
    else if (article.dataset.turn !== place.turn && !("clientId" in article.dataset))
      this.#load(article, place);
  }

  /** @param {Expected} place @param {any} turn */
  #addAnswer(place, turn) {
    const answer = new LiveAnswer(this.#grown);
    answer.element.id = place.id;
    answer.element.dataset.turn = place.turn ?? "";
    if (isLive(turn)) this.#answers.set(place.id, answer);
    return answer.element;
  }

  /** @param {any} message */
  #addUserMessage(message) {
    const article = buildUserMessage(message);
    identify(article, message);
    return article;
  }

  /** Articles that still look live although their turn has ended, or whose fetch failed. @param {State} state */
  #refreshEnded(state) {
    // One with a client id waits for the server's acceptance: there is nothing to load yet.
    const selector =
      'article[data-turn]:not([data-client-id]):is([data-state="queued"], [data-state="running"]), article[data-stale]';
    for (const article of /** @type {NodeListOf<HTMLElement>} */ (
      this.#column.querySelectorAll(selector)
    )) {
      const { turn, message } = article.dataset;
      const isAlive = turn && (!state.turns[turn] || isLive(state.turns[turn]));
      if (isAlive || this.#answers.has(article.id)) continue;
      this.#refresh(article, turn ? "turn" : "message", turn ?? message ?? "");
    }
  }

  /** @param {HTMLElement} article @param {Expected} place */
  #load(article, { turn, message }) {
    this.#refresh(article, turn ? "turn" : "message", turn ?? message.id);
  }

  /** @param {HTMLElement} article @param {"turn" | "message"} noun @param {string} id */
  async #refresh(article, noun, id) {
    try {
      const fresh = await refresh(article, this.#client.address(noun, id));
      if (fresh) this.#follower.follow();
    } catch (error) {
      const { status, message } = /** @type {import("./fragments.js").FetchFailed} */ (error);
      // What may work later is tried again with the next snapshot.
      if (status === 0 || status >= 500) article.dataset.stale = "";
      if (status !== 0) showToast(`The finished message could not be loaded. ${message}`, "error");
    }
  }

  #tick() {
    const now = Date.now();
    for (const answer of this.#answers.values()) answer.tick(now);
  }
}

/** A turn that was asked for. @param {string} id @returns {any} */
function unknownTurn(id) {
  return { id, answers: [] };
}

/**
 * Whether an article is the notice of a turn that ended without a message: it stays
 * between the messages unless its question was answered later.
 *
 * @param {HTMLElement} article
 * @param {State} state
 * @param {Set<any>} answered
 */
export function isStandingNotice({ dataset }, state, answered) {
  const question = dataset.userMessage;
  return Boolean(
    dataset.turn &&
    !dataset.message &&
    question &&
    state.path.includes(question) &&
    !answered.has(question),
  );
}
