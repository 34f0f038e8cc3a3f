/** The list of conversations: <side-bar>. */

import { fetchFragment } from "./fragments.js";
import { byId } from "./templates.js";
import { showToast } from "./toasts.js";

const GATHER_MS = 300; // ours: one load for the several changes that a first message brings

export class SideBar extends HTMLElement {
  /** @type {import("./client.js").Client} */
  #client;
  #pages = 1;
  #hasMissed = false;
  /** @type {any} */
  #timer = null;
  #abort = new AbortController();

  /** @param {import("./client.js").Client} client */
  start(client) {
    const { signal } = this.#abort;
    this.#client = client;
    client.addEventListener(
      "event",
      (event) => this.#note(/** @type {CustomEvent} */ (event).detail.event),
      { signal },
    );
    this.addEventListener("click", (event) => this.#pressed(event), { signal });
    // While there was no connection, nobody told of changes.
    client.socket.addEventListener("opened", () => this.#hasMissed && this.reload(), { signal });
    client.socket.addEventListener(
      "changed",
      () => (this.#hasMissed ||= client.socket.phase === "waiting"),
      { signal },
    );
  }

  disconnectedCallback() {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  /** Load the list again, soon. */
  reload() {
    this.#hasMissed = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), GATHER_MS);
  }

  /** @param {any} event */
  #note({ type, conversation, title }) {
    if (type === "conversation.changed") this.reload();
    if (type === "conversation.renamed") this.#rename(conversation, title);
  }

  /** @param {string} conversation @param {string} title */
  #rename(conversation, title) {
    const link = this.querySelector(`[data-conversation="${CSS.escape(conversation)}"]`);
    if (link && title) link.textContent = title;
    else this.reload();
  }

  /** @param {MouseEvent} event */
  #pressed(event) {
    if (!(/** @type {Element} */ (event.target).closest("#older-conversations"))) return;
    event.preventDefault();
    this.#pages += 1;
    this.#load();
  }

  async #load() {
    const list = byId("conversation-list");
    const query = new URLSearchParams({
      page: String(this.#pages),
      current: this.#client.conversation ?? "",
    });
    try {
      const { nodes } = await fetchFragment(`${list.dataset.url}?${query}`);
      const refocus = focusOf(list);
      list.replaceChildren(nodes);
      refocus(list);
    } catch (error) {
      // Without a connection the list is loaded again when there is one.
      this.#hasMissed = /** @type {any} */ (error).status === 0;
      if (this.#hasMissed) return;
      showToast(
        `The list of conversations could not be loaded. ${/** @type {Error} */ (error).message}`,
        "error",
      );
    }
  }
}

/** Return what gives the focus back to the same row. @param {HTMLElement} list */
function focusOf(list) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  if (!focused || !list.contains(focused)) return () => {};
  const { conversation } = focused.dataset;
  const place = [...list.querySelectorAll("a")].indexOf(/** @type {HTMLAnchorElement} */ (focused));
  return (/** @type {HTMLElement} */ fresh) => {
    const same =
      conversation && fresh.querySelector(`[data-conversation="${CSS.escape(conversation)}"]`);
    /** @type {HTMLElement | null} */ (same || fresh.querySelectorAll("a")[place])?.focus();
  };
}
