/**
 * The words of docs/protocol.md, and the order of a turn's events.
 *
 * @typedef {{type: string} & Record<string, any>} ServerEvent
 * @typedef {{epoch: number, seq: number, waiting: boolean, known: boolean}} Position
 */

/** What to do with an event that arrived. */
export const APPLY = "apply";
export const DROP = "drop";
export const RESYNC = "resync";

export const CLOSE_LOGGED_OUT = 4401;
export const CLOSE_RESTARTING = 4001;
export const CLOSE_TOO_LARGE = 1009;

/** The server closes with 1009 above this (docs/protocol.md, section 3). */
export const MAX_FRAME_BYTES = 1024 * 1024;
export const MAX_TEXT_CHARACTERS = 400_000;

export const CLOSING_EVENTS = new Set([
  "turn.completed",
  "turn.cancelled",
  "turn.interrupted",
  "turn.failed",
]);

export const LIVE_STATES = new Set(["queued", "running"]);

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
