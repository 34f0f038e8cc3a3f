/** The article of a running answer, drawn from the store. */

import { joinParts } from "./continued.js";
import { closingNotice, RetryCountdown } from "./notices.js";
import { clone, name, slot } from "./page.js";
import { labelOf, RedactedThinking, TextRun, Thinking, ToolCard } from "./parts.js";
import { carryOver } from "./refresh.js";
import { ServerToolCard } from "./server-tool-card.js";
import { describe, isServerBlock, isServerCall } from "./server-tools.js";
import { Sources } from "./sources.js";
import { isLive } from "./store.js";
import { CallCard } from "./tool-card.js";

/** @typedef {import("./store.js").Turn} Turn */
/** @typedef {{key: string, message: string, kind: "text" | "thinking" | "server" | "other", entries: import("./store.js").LiveBlock[]}} Segment */

export class LiveAnswer {
  element;
  #body;
  #notices;
  #waiting;
  /** @type {Map<string, TextRun | Thinking | RedactedThinking | ServerToolCard | CallCard | ToolCard>} */
  #parts = new Map();
  /** @type {Turn[]} */
  #drawn = [];
  /** @type {Sources | null} */
  #sources = null;
  #documents = "";
  /** @type {RetryCountdown | null} */
  #countdown = null;
  /** @type {string[]} */
  #news = [];
  #grown;

  /**
   * @param {() => void} grown called when the text's nodes changed
   * @param {HTMLElement} [element] an article that the server made, or a new one
   */
  constructor(grown, element = clone("template-answer")) {
    this.element = element;
    this.#grown = grown;
    this.#body = slot(element, "body");
    this.#notices = slot(element, "notices");
    this.#waiting = slot(element, "waiting");
  }

  /** The Markdown of the newest turn so far. */
  get source() {
    const newest = this.#drawn.slice(-1);
    return segmentsOf(newest)
      .filter(({ kind }) => kind === "text")
      .map(({ entries }) => entries.map(({ block }) => block.text ?? "").join(""))
      .filter(Boolean)
      .join("\n\n");
  }

  /**
   * Draw what changed. Returns whether anything did.
   *
   * @param {Turn[]} turns the newest one, and before it those that it continues
   */
  update(turns) {
    const before = this.#drawn;
    if (areSame(turns, before)) return false;
    const turn = /** @type {Turn} */ (turns.at(-1));
    this.#drawn = turns;
    if (!before.length) this.#takeOver(turn);
    // What is continued is asked for; until it is there, what the server printed stays.
    const isWhole = turns.slice(0, -1).every(({ isStored }) => isStored);
    if (isWhole) name(this.element, `turn-${turns[0].id}`);
    this.#label(turns);
    this.#drawRepairs(turns);
    if (isWhole && hasOtherText(turns, before)) this.#drawParts(turns);
    this.#tellWaiting(turn, before.at(-1));
    this.#drawNotices(turns, before.at(-1) ?? null);
    this.#drawWaiting(turn, isWhole);
    return true;
  }

  /** Return what began since the last call and is worth a spoken line. */
  takeNews() {
    return this.#news.splice(0);
  }

  /** @param {number} number of a citation's source */
  sourceOf(number) {
    return this.#sources?.get(number);
  }

  /** Move the clocks. @param {number} now */
  tick(now) {
    this.#countdown?.tick(now);
    for (const part of this.#parts.values()) if (part instanceof Thinking) part.tick(now);
  }

  /** What the server printed of an answer that has ended does not hold while it goes on. @param {Turn} turn */
  #takeOver(turn) {
    const { element } = this;
    if (!isQueued(turn)) this.#notices.replaceChildren();
    if (!isLive(turn)) return;
    delete element.dataset.clientId;
    element.dataset.stopReason = "";
    element.querySelector('[role="toolbar"]')?.setAttribute("hidden", "");
    for (const gone of element.querySelectorAll(".usage, .withdrawn, template[data-source]"))
      gone.remove();
  }

  /** @param {Turn[]} turns */
  #label(turns) {
    const { element } = this;
    const turn = /** @type {Turn} */ (turns.at(-1));
    const answers = turns.flatMap((each) => each.answers ?? []);
    element.dataset.turn = turn.id;
    element.dataset.turns = turns.map(({ id }) => id).join(" ");
    element.dataset.kept = turns.findLast((each) => each.answers?.length)?.id ?? "";
    if (turns[0].user_message) element.dataset.userMessage = turns[0].user_message;
    element.dataset.state = turn.state;
    element.dataset.messages = answers.map(({ id }) => id).join(" ");
    element.dataset.message = answers.at(-1)?.id ?? "";
    element.setAttribute("aria-busy", String(isLive(turn)));
  }

  /** @param {Turn[]} turns */
  #drawRepairs(turns) {
    const place = slot(this.element, "repairs");
    const shown = [...place.children].map(({ textContent }) => textContent);
    for (const { message } of turns.flatMap(({ repairs }) => repairs ?? [])) {
      if (shown.includes(message)) continue;
      shown.push(message);
      place.append(listItem(message));
      this.#news.push(message);
    }
    place.hidden = shown.length === 0;
  }

  /** @param {Turn[]} turns */
  #drawParts(turns) {
    this.#useDocuments(turns.findLast(({ documents }) => documents?.length)?.documents ?? []);
    const turn = /** @type {Turn} */ (turns.at(-1));
    const segments = segmentsOf(turns);
    const calls = Object.assign({}, ...turns.map((each) => each.calls ?? {}));
    this.#dropGone(segments);
    const printed = this.#parts.size ? null : this.#body.cloneNode(true);
    if (printed) this.#body.replaceChildren();
    segments.forEach((segment, place) => {
      const part = this.#parts.get(segment.key) ?? this.#makePart(segment, turn);
      this.#parts.set(segment.key, part);
      const { element } = part;
      if (this.#body.children[place] !== element)
        this.#body.insertBefore(element, this.#body.children[place] ?? null);
      // In place of what was there before the next frame, or the page would jump.
      if (printed) part.update(segment.entries, false, calls);
      part.update(segment.entries, place === segments.length - 1 && isGrowing(turn), calls);
      if (!isLive(turn)) part.finish();
    });
    if (printed) carryOver(/** @type {HTMLElement} */ (printed), this.#body);
  }

  /** A person is needed. @param {Turn} turn @param {Turn | undefined} before */
  #tellWaiting({ calls = {} }, before) {
    for (const { id, state, title } of Object.values(calls))
      if (state === "waiting" && before?.calls?.[id]?.state !== "waiting")
        this.#news.push(`Claude asks to use ${title}. Allow or deny it in the answer.`);
  }

  /** A snapshot brings the same documents as new objects. @param {any[]} documents */
  #useDocuments(documents) {
    const text = JSON.stringify(documents);
    if (this.#sources && text === this.#documents) return;
    this.#documents = text;
    this.#sources = new Sources(documents);
    this.#parts.clear();
  }

  /** @param {Segment[]} segments */
  #dropGone(segments) {
    const keys = new Set(segments.map(({ key }) => key));
    for (const [key, part] of this.#parts) {
      if (keys.has(key)) continue;
      part.element.remove();
      this.#parts.delete(key);
    }
  }

  /** @param {Segment} segment @param {Turn} turn */
  #makePart({ kind, message, entries }, turn) {
    if (kind === "text")
      return new TextRun(/** @type {Sources} */ (this.#sources), message, this.#grown, {
        isJson: Boolean(turn.output_format),
      });
    const isNew = turn.answers.some(({ id }) => id === message);
    if (kind === "server") {
      if (isNew) this.#news.push(`${describe(entries[0].block, null, true).label}.`);
      return new ServerToolCard();
    }
    if (entries[0].block.type === "redacted_thinking") return new RedactedThinking();
    if (kind === "other") {
      if (isNew) this.#news.push(`Claude uses ${labelOf(entries[0].block)}.`);
      return entries[0].block.type === "tool_use" ? new CallCard() : new ToolCard();
    }
    if (isNew) this.#news.push("Claude is thinking.");
    return new Thinking(entries[0].finished ? null : this.#beginningOf(turn));
  }

  /** Thinking that runs already began with the turn, as far as this page can know. @param {any} turn */
  #beginningOf({ started_at: startedAt, answers }) {
    const isFirst = answers.length === 1 && answers[0].blocks.length === 1;
    return isFirst ? Date.parse(startedAt) || Date.now() : Date.now();
  }

  /** @param {Turn[]} turns @param {Turn | null} before */
  #drawNotices(turns, before) {
    const turn = /** @type {Turn} */ (turns.at(-1));
    if (turn.retrying !== (before?.retrying ?? null)) {
      const isThere = isQueued(turn) && this.#notices.querySelector('[data-kind="queued"]');
      this.#countdown = turn.retrying && !isThere ? new RetryCountdown(turn.retrying) : null;
      if (this.#countdown) this.#notices.replaceChildren(this.#countdown.element);
      else if (!isThere) this.#notices.replaceChildren();
    }
    if (!isLive(turn) && turn.state !== "completed")
      this.#notices.replaceChildren(closingNotice(turn, hasWords(turns)));
  }

  /** The caret stands at the end of the text; where there is none, it has a line of its own. */
  /** @param {Turn} turn @param {boolean} isWhole */
  #drawWaiting(turn, isWhole) {
    const hasBegun = turn.answers.some(({ blocks }) => blocks.length);
    const isWaiting = isGrowing(turn) && !(isWhole && hasBegun);
    const isTextOpen = this.#body.lastElementChild?.classList.contains("is-streaming");
    this.element.classList.toggle("is-waiting", isWaiting);
    this.#waiting.hidden = !isWaiting || Boolean(isTextOpen);
  }
}

/** @param {Turn[]} turns @param {Turn[]} others */
function areSame(turns, others) {
  return turns.length === others.length && turns.every((turn, place) => turn === others[place]);
}

/** @param {Turn[]} turns @param {Turn[]} before */
function hasOtherText(turns, before) {
  return (
    turns.length !== before.length ||
    turns.some(
      ({ answers, calls, state, documents, retrying }, place) =>
        answers !== before[place].answers ||
        calls !== before[place].calls ||
        state !== before[place].state ||
        documents !== before[place].documents ||
        retrying !== before[place].retrying,
    )
  );
}

/** @param {Turn} turn */
function isQueued({ state }) {
  return state === "queued";
}

/** Whether words may come at any moment. @param {Turn} turn */
function isGrowing(turn) {
  return isLive(turn) && !turn.retrying;
}

/** Whether Claude would find something to continue: more than thoughts. @param {Turn[]} turns */
function hasWords(turns) {
  return segmentsOf(turns).some(
    ({ kind, entries }) =>
      kind === "server" ||
      (kind === "other" && entries[0].block.type !== "redacted_thinking") ||
      (kind === "text" && entries.some(({ block }) => block.text?.trim())),
  );
}

/** @param {string} text */
function listItem(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

/** Cut what some turns wrote into what is drawn as one piece each. @param {Turn[]} turns @returns {Segment[]} */
export function segmentsOf(turns) {
  /** @type {Segment[]} */
  const segments = [];
  /** @type {Map<string, Segment>} */
  const calls = new Map();
  for (const { message, entry } of joinParts(turns.map(piecesOf))) {
    const call = calls.get(entry.block.tool_use_id);
    if (call) {
      call.entries.push(entry);
      calls.delete(entry.block.tool_use_id);
      continue;
    }
    const kind = kindOf(entry.block);
    const last = segments.at(-1);
    // Neighbouring texts are one: Claude splits it where it cites, and where it paused.
    const key = `${message}:${entry.index}:${kind}`;
    if (last?.kind === "text" && kind === "text") last.entries.push(entry);
    else segments.push({ key, message, kind, entries: [entry] });
    if (isServerCall(entry.block)) calls.set(entry.block.id, segments[segments.length - 1]);
  }
  return segments;
}

/** @param {Turn} turn @returns {import("./continued.js").Piece[]} */
function piecesOf({ answers }) {
  return answers.flatMap(({ id, blocks }) =>
    blocks.toSorted((a, b) => a.index - b.index).map((entry) => ({ message: id, entry })),
  );
}

/** @param {any} block @returns {Segment["kind"]} */
function kindOf(block) {
  const { type } = block;
  if (type === "text" || type === "thinking") return type;
  return isServerBlock(block) ? "server" : "other";
}
