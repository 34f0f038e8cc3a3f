/** Draws the conversation while it changes: what is sent, what is answered, what has ended. */

import { AnswerSpeech } from "./answer-speech.js";
import { LiveAnswer } from "./answer.js";
import { byId, showToast } from "./page.js";
import { Pending } from "./pending.js";
import { refresh } from "./refresh.js";
import { isLive } from "./store.js";
import { expectedArticles, shownTurn } from "./thread.js";
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
  /** @type {HTMLElement} */
  #column;
  /** @type {Map<string, LiveAnswer>} */
  #answers = new Map();
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
    this.#listen();
    this.#clock = setInterval(() => this.#tick(), 1_000);
    // What an answer said before this page looked is not read out.
    for (const { id, answers } of Object.values(client.state.turns))
      if (answers.length) this.#speech.join(id);
    for (const command of client.waiting) this.#show({ command });
  }

  stop() {
    this.#abort.abort();
    clearInterval(this.#clock);
    clearTimeout(this.#timer);
  }

  /** A command was refused. @param {any} command @param {string} reason @param {boolean} isGivenBack */
  reject(command, reason, isGivenBack) {
    this.#pending.reject(command.client_id, reason, isGivenBack);
  }

  /** The files that went with a command. @param {any} command */
  attachmentsOf(command) {
    return this.#pending.attachmentsOf(command.client_id);
  }

  /** What a chip of a running answer stands for. @param {HTMLElement} chip */
  sourceOf(chip) {
    const turn = /** @type {HTMLElement | null} */ (chip.closest("article"))?.dataset.turn ?? "";
    return this.#answers.get(turn)?.sourceOf(Number(chip.dataset.source));
  }

  /** @param {HTMLElement} article of a message that was refused */
  takeFailed(article) {
    return this.#pending.takeFailed(article);
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
    client.socket.addEventListener(
      "changed",
      () => this.#pending.connectionChanged(client.socket.phase === "open"),
      { signal },
    );
    document.addEventListener("visibilitychange", () => document.hidden || this.draw(), {
      signal,
    });
  }

  /** The person's own message stands there in the same frame. @param {{command: any, attachments?: any[]}} sent */
  #show({ command, attachments }) {
    byId("empty-state")?.setAttribute("hidden", "");
    this.#pending.show(command, { attachments, isConnected: this.#client.socket.phase === "open" });
    this.#follower.stick();
  }

  /** @param {{event: any, command: any}} applied */
  #note({ event }) {
    if (event.type === "message.accepted") this.#accept(event);
    if (event.type === "turn.snapshot") this.#speech.join(event.turn);
  }

  /** @param {any} event */
  #accept({ client_id, message, turn }) {
    const answer = this.#pending.accept(client_id, message, turn);
    if (answer) this.#answers.set(turn.id, answer);
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
    const turn = this.#client.state.turns[id];
    if (!turn) return false;
    const hasChanged = answer.update(turn);
    if (hasChanged) this.#speech.speak(answer, turn);
    if (!isLive(turn)) this.#retire(id, answer);
    return hasChanged;
  }

  /** A turn has ended: the server's article is the truth. @param {string} id @param {LiveAnswer} answer */
  #retire(id, answer) {
    this.#answers.delete(id);
    this.#speech.forget(id);
    this.#refresh(answer.element, "turn", id);
  }

  /** Make the articles those of the branch. @param {State} state */
  #shape(state) {
    const expected = expectedArticles(state);
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
      ...this.#column.querySelectorAll(":scope > article:not([data-client-id])"),
    ]);
    const first = Math.max(
      0,
      articles.findIndex((article) => article.id === expected[0]?.id),
    );
    for (const article of articles.slice(first)) {
      if (!wanted.has(article.id) && !isStandingNotice(article, state, answered))
        this.#remove(article);
    }
  }

  /** @param {HTMLElement} article */
  #remove(article) {
    article.remove();
    if (article.dataset.turn) this.#answers.delete(article.dataset.turn);
  }

  /** @param {Expected} place @param {Element | null} previous @param {State} state @returns {Element} */
  #ensure(place, previous, state) {
    const turn = place.turn ? state.turns[place.turn] : undefined;
    const known = document.getElementById(place.id) ?? this.#answers.get(place.turn ?? "")?.element;
    if (known?.isConnected) {
      if (turn && isLive(turn) && !this.#answers.has(turn.id))
        this.#answers.set(turn.id, new LiveAnswer(this.#grown, known));
      return known;
    }
    const article = place.turn ? this.#addAnswer(place.turn) : this.#addUserMessage(place.message);
    if (previous) previous.after(article);
    else
      this.#column.insertBefore(article, this.#column.querySelector(":scope > [data-client-id]"));
    if (!isLive(turn))
      this.#refresh(article, place.turn ? "turn" : "message", place.turn ?? place.message.id);
    return article;
  }

  /** @param {string} turn */
  #addAnswer(turn) {
    const answer = new LiveAnswer(this.#grown);
    answer.element.id = `turn-${turn}`;
    answer.element.dataset.turn = turn;
    if (isLive(this.#client.state.turns[turn])) this.#answers.set(turn, answer);
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
      if (turn && (this.#answers.has(turn) || !state.turns[turn] || isLive(state.turns[turn])))
        continue;
      this.#refresh(article, turn ? "turn" : "message", turn ?? message ?? "");
    }
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
