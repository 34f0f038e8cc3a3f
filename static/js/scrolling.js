/**
 * Keeps the newest text in view while a person wants that, and never otherwise.
 */

import { openStorage } from "./page.js";

const NEAR_END_PX = 48; // ours: about two lines
const KEYS_UP = new Set(["PageUp", "Home", "ArrowUp", "ArrowDown", "PageDown"]);

/** Whether the view follows the end: only a person's own act ends or resumes it. */
export class Stickiness {
  isStuck = true;
  hasUnread = false;

  /** A person turned to earlier text. */
  release() {
    this.isStuck = false;
  }

  /** A person asked for the end: "Latest", or a message of their own. */
  stick() {
    this.isStuck = true;
    this.hasUnread = false;
  }

  /**
   * The view moved. Only a move down that ends near the end resumes following:
   * the first small turn of the wheel upwards must not be taken back at once.
   *
   * @param {{distance: number, moved: number}} scroll px to the end, px moved down
   */
  scrolled({ distance, moved }) {
    if (!this.isStuck && moved > 0 && distance <= NEAR_END_PX) this.stick();
  }

  /** Text came in. */
  grew() {
    if (!this.isStuck) this.hasUnread = true;
  }
}

/** Applies Stickiness to the scroller of the page and its "Latest" button. */
export class Follower {
  #log;
  #column;
  #button;
  #unread;
  #sticky = new Stickiness();
  #top = 0;
  #isDragging = false;
  #abort = new AbortController();
  // Called between layout and paint: the view moves with the text, in the same frame, and
  // no script has to ask for a layout of its own.
  #resize = new ResizeObserver(() => this.follow());

  /** @param {HTMLElement} log the scroller @param {HTMLElement} column @param {HTMLElement} button */
  constructor(log, column, button) {
    this.#log = log;
    this.#column = column;
    this.#button = button;
    this.#unread = /** @type {HTMLElement | null} */ (button.querySelector(".latest__unread"));
    this.#listen();
    this.#resize.observe(column);
    this.#resize.observe(log);
    this.follow();
  }

  get isStuck() {
    return this.#sticky.isStuck;
  }

  stop() {
    this.#abort.abort();
    this.#resize.disconnect();
  }

  /** Go to the end and stay there. */
  stick() {
    this.#sticky.stick();
    this.follow();
  }

  /** New text was drawn: it is followed as soon as it has its place, or marked unread. */
  grew() {
    this.#sticky.grew();
    this.#showUnread();
  }

  follow() {
    if (this.#sticky.isStuck) this.#log.scrollTop = this.#log.scrollHeight;
    this.#top = this.#log.scrollTop;
    this.#show();
  }

  /**
   * Insert above the view without moving what is read.
   *
   * @param {() => void} insert
   */
  keepPlace(insert) {
    const { scrollHeight, scrollTop } = this.#log;
    this.#log.style.setProperty("overflow-anchor", "none");
    insert();
    this.#log.scrollTop = scrollTop + this.#log.scrollHeight - scrollHeight;
    this.#top = this.#log.scrollTop;
    this.#show();
  }

  #listen() {
    const { signal } = this.#abort;
    const on = (
      /** @type {EventTarget} */ target,
      /** @type {string} */ type,
      /** @type {(event: any) => void} */ act,
    ) => target.addEventListener(type, act, { signal, passive: true });
    on(this.#log, "wheel", ({ deltaY }) => deltaY < 0 && this.release());
    on(this.#log, "touchmove", () => this.release());
    on(this.#log, "keydown", ({ key }) => KEYS_UP.has(key) && this.release());
    on(this.#log, "focusin", () => this.release());
    on(this.#log, "pointerdown", (event) => this.#grab(event));
    on(window, "pointerup", () => (this.#isDragging = false));
    on(document, "selectionchange", () => this.#selected());
    on(this.#log, "scroll", () => this.#scrolled());
    on(this.#button, "click", () => this.stick());
  }

  /** A person turned to earlier text. */
  release() {
    this.#sticky.release();
    this.#show();
  }

  /** A press beside the content is on the scrollbar. @param {PointerEvent} event */
  #grab({ target, offsetX }) {
    this.#isDragging = target === this.#log && offsetX > this.#log.clientWidth;
  }

  #selected() {
    const selection = document.getSelection();
    if (selection && !selection.isCollapsed && this.#column.contains(selection.anchorNode))
      this.release();
  }

  #scrolled() {
    // That was our own following: what there is to know of it is known.
    if (this.#sticky.isStuck && !this.#isDragging) return;
    const moved = this.#log.scrollTop - this.#top;
    this.#top = this.#log.scrollTop;
    if (this.#isDragging && moved < 0) this.#sticky.release();
    this.#sticky.scrolled({ distance: this.#distance(), moved });
    this.#show();
  }

  #distance() {
    return this.#log.scrollHeight - this.#log.clientHeight - this.#log.scrollTop;
  }

  #show() {
    const { isStuck } = this.#sticky;
    this.#log.style.setProperty("overflow-anchor", isStuck ? "none" : "auto");
    this.#log.dataset.stuck = String(isStuck);
    this.#button.hidden = isStuck || this.#distance() <= NEAR_END_PX;
    this.#showUnread();
  }

  #showUnread() {
    if (this.#unread) this.#unread.hidden = !this.#sticky.hasUnread;
  }
}

const BRANCH_KEY = "colloquy:branch-point";

/**
 * Going from one version of a message to another keeps what stands before it in place.
 * The links work by themselves; this only remembers where the branch point was.
 *
 * @param {HTMLElement} log @param {AbortSignal} signal
 */
export function rememberBranchPoint(log, signal) {
  log.addEventListener(
    "click",
    ({ target }) => {
      const link = /** @type {Element} */ (target).closest?.(".branches__step[href]");
      const before = link?.closest("article")?.previousElementSibling;
      if (link)
        openStorage("sessionStorage")?.setItem(
          BRANCH_KEY,
          JSON.stringify({ id: before?.id ?? "", end: endOf(before) }),
        );
    },
    { signal },
  );
}

/** @param {HTMLElement} log @returns {boolean} whether the view was put where it was */
export function restoreBranchPoint(log) {
  const storage = openStorage("sessionStorage");
  const kept = storage?.getItem(BRANCH_KEY);
  storage?.removeItem(BRANCH_KEY);
  if (!kept) return false;
  const { id, end } = JSON.parse(kept);
  const before = id ? document.getElementById(id) : null;
  log.scrollTop = before ? log.scrollTop + endOf(before) - end : 0;
  return true;
}

/** @param {Element | null | undefined} element */
function endOf(element) {
  return element?.getBoundingClientRect().bottom ?? 0;
}
