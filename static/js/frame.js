/** What stands around the conversation: the list, the title, the connection, the theme, the keys. */

import { byId, csrfToken, loadPart, showToast, withPart, wordsFor } from "./page.js";

const GATHER_MS = 300; // ours: one load for the several changes that a first message brings

/** The list of conversations: <side-bar>. */
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
  #note({ type, conversation, title, tags }) {
    if (type === "conversation.changed" || type === "server.recovered") this.reload();
    if (type === "conversation.renamed") this.#rename(conversation, title, tags);
  }

  /** @param {string} conversation @param {string} title @param {string[]} tags */
  #rename(conversation, title, tags) {
    const link = this.querySelector(`[data-conversation="${CSS.escape(conversation)}"]`);
    if (!link || !title) return this.reload();
    link.replaceChildren(title, ...wordsOf(tags));
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
      const { fetchFragment } = await loadPart(() => import("./fragments.js"));
      const { nodes } = await fetchFragment(`${list.dataset.url}?${query}`);
      const refocus = focusOf(list);
      list.replaceChildren(nodes);
      refocus(list);
    } catch (error) {
      // Without a connection, or a database, the list is loaded again when there is one.
      this.#hasMissed = [0, 503].includes(/** @type {any} */ (error).status);
      if (this.#hasMissed) return;
      showToast(
        `The list of conversations could not be loaded. ${/** @type {Error} */ (error).message}`,
        "error",
      );
    }
  }
}

/** @param {string[]} tags @returns {(Node | string)[]} what follows a title in the list */
function wordsOf(tags) {
  if (!tags.length) return [];
  const words = document.createElement("span");
  words.className = "conversation-list__tags";
  words.textContent = tags.join(" · ");
  return [" ", words];
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

/** Show the conversation's title, and change it in place. @param {import("./client.js").Client} client @param {AbortSignal} signal */
export function keepTitle(client, signal) {
  client.addEventListener(
    "changed",
    () => client.state.conversation && show(client.state.conversation),
    { signal },
  );
  byId("rename-form")?.addEventListener(
    "submit",
    (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      rename(client);
    },
    { signal },
  );
}

/** Give a new conversation's page the addresses of what can be done with it. @param {import("./client.js").Client} client */
export function offerTitleMenu(client) {
  byId("conversation-menu-button").hidden = false;
  byId("rename-form").action = client.address("rename");
  byId("delete-conversation").href = client.address("delete");
}

/** @param {import("./client.js").Client} client */
async function rename(client) {
  const title = byId("rename-title").value.trim();
  if (!title) return;
  try {
    await post(client.address("rename"), { title, tags: byId("rename-tags").value });
    refuse("");
    byId("conversation-menu").hidePopover();
  } catch (error) {
    refuse(`This was not changed. ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} words empty when nothing was refused */
function refuse(words) {
  const place = byId("rename-error");
  place.textContent = words;
  place.hidden = !words;
}

/** @param {string} url @param {Record<string, string>} fields */
async function post(url, fields) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const body = new URLSearchParams(fields);
  const response = await fetch(url, { method: "POST", headers, body, redirect: "manual" }).catch(
    () => null,
  );
  if (response?.ok) return;
  if (response?.status === 400) throw new Error((await response.json()).error.message);
  throw new Error(wordsFor(response?.type === "opaqueredirect" ? 401 : (response?.status ?? 0)));
}

/** @param {{title: string, tags: string[]}} conversation its title is empty until there is one */
function show({ title, tags }) {
  const words = title || "New conversation";
  const heading = byId("conversation-title");
  // Writing the same words again would cost a layout with each event.
  if (heading.textContent !== words) heading.textContent = words;
  if (document.title !== `${words} · Colloquy`) document.title = `${words} · Colloquy`;
  write("rename-title", title);
  write("rename-tags", tags.join(", "));
}

/** Fill a field in which nobody writes. @param {string} id @param {string} text */
function write(id, text) {
  const field = byId(id);
  if (field && document.activeElement !== field) field.value = text;
}

const STARTUP_MS = 2_000; // ours: a first connection that takes longer is worth a word
const BACK_MS = 3_000; // ours: long enough to read "Connected again"
const ASLEEP_MS = 20_000; // ours: a clock that jumps so far stood still, with the computer

/** @typedef {"fine" | "connecting" | "waiting" | "offline" | "restarting" | "logged_out" | "back"} Connection */

/** Says in words how the connection is, unless it is fine: <connection-status>. */
export class ConnectionStatus extends HTMLElement {
  /** @type {import("./client.js").Client} */
  #client;
  /** @type {Connection} */
  #shown = "fine";
  #backUntil = 0;
  #tickedAt = Date.now();
  /** @type {any} */
  #timer = null;
  #startedAt = performance.now();
  #abort = new AbortController();

  /** @param {import("./client.js").Client} client */
  start(client) {
    const { signal } = this.#abort;
    const { socket } = (this.#client = client);
    const on = (
      /** @type {EventTarget} */ target,
      /** @type {string} */ type,
      /** @type {() => void} */ act,
    ) => target.addEventListener(type, act, { signal });
    on(socket, "changed", () => this.#show());
    on(client, "event", () => this.#show());
    on(/** @type {HTMLElement} */ (this.querySelector("button")), "click", () => this.#retry());
    this.#timer = setInterval(() => this.#tick(), 1_000);
    // These are hints only: the socket finds out by itself as well.
    for (const type of ["online", "offline"])
      on(window, type, () => {
        socket.wake();
        this.#show();
      });
    on(document, "visibilitychange", () => document.hidden || socket.wake());
  }

  disconnectedCallback() {
    this.#abort.abort();
    clearInterval(this.#timer);
  }

  #tick() {
    const now = Date.now();
    if (now - this.#tickedAt > ASLEEP_MS) this.#client.socket.wake();
    this.#tickedAt = now;
    this.#show();
  }

  #retry() {
    if (this.#client.socket.phase === "logged_out") location.reload();
    else this.#client.socket.connect();
  }

  #show() {
    const { phase } = this.#client.socket;
    document.documentElement.dataset.connection = phase;
    const now = this.#connection();
    if (now === "fine" && !["fine", "back"].includes(this.#shown))
      this.#backUntil = Date.now() + BACK_MS;
    const shown = now === "fine" && Date.now() < this.#backUntil ? "back" : now;
    this.hidden = shown === "fine";
    this.dataset.state = shown;
    this.#write(".connection__text", this.#words(shown));
    this.#write(".connection__retry", shown === "logged_out" ? "Log in" : "Try now");
    const retry = /** @type {HTMLElement} */ (this.querySelector(".connection__retry"));
    retry.hidden = phase !== "waiting" && phase !== "logged_out";
    if (shown !== this.#shown && shown !== "fine")
      byId("connection-news").textContent = NEWS[shown];
    this.#shown = shown;
  }

  /** @returns {Connection} */
  #connection() {
    const { isRestarting, socket } = this.#client;
    const { attempts, phase } = socket;
    if (phase === "logged_out") return "logged_out";
    if (phase === "closed") return "fine";
    if (phase === "open") return isRestarting ? "restarting" : "fine";
    if (!navigator.onLine) return "offline";
    if (isRestarting) return "restarting";
    const isFirst = attempts === 0 && performance.now() - this.#startedAt < STARTUP_MS;
    return phase === "waiting" ? "waiting" : isFirst ? "fine" : "connecting";
  }

  /** @param {Connection} shown */
  #words(shown) {
    const { phase, retryAt } = this.#client.socket;
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
    const next = phase === "waiting" ? `Reconnecting in ${seconds} s` : "Connecting…";
    switch (shown) {
      case "offline":
        return `You are offline. ${next}`;
      case "restarting":
        return phase === "open" ? "The server is restarting" : `The server is restarting. ${next}`;
      case "logged_out":
        return "You are logged out";
      case "back":
        return "Connected again";
      default:
        return next;
    }
  }

  /** @param {string} selector @param {string} words */
  #write(selector, words) {
    const place = this.querySelector(selector);
    if (place && place.textContent !== words) place.textContent = words;
  }
}

/** What a person who listens is told, once and without the seconds. @type {Record<Exclude<Connection, "fine">, string>} */
const NEWS = {
  connecting: "Connecting.",
  waiting: "There is no connection to the server. What you send waits.",
  offline: "You are offline. What you send waits.",
  restarting: "The server is restarting. What you send waits.",
  logged_out: "You are logged out.",
  back: "Connected again.",
};

/** Says what the server lacks at the moment: <server-notice>. */
export class ServerNotice extends HTMLElement {
  #abort = new AbortController();

  /** @param {import("./client.js").Client} client */
  start(client) {
    const { signal } = this.#abort;
    client.addEventListener(
      "event",
      (event) => this.#note(/** @type {CustomEvent} */ (event).detail.event),
      { signal },
    );
    // A server that is still in trouble says so to each new connection.
    client.socket.addEventListener("opened", () => this.#say(""), { signal });
  }

  disconnectedCallback() {
    this.#abort.abort();
  }

  /** @param {any} event */
  #note({ type, reason }) {
    if (type === "server.impaired") this.#say(reason.message);
    if (type === "server.recovered") this.#say("");
  }

  /** @param {string} words */
  #say(words) {
    if (this.textContent !== words) this.textContent = words;
  }
}

const YEAR_SECONDS = 31_536_000;

/** Light, dark, or as the system: <theme-switch>. The server prints the choice from a cookie. */
export class ThemeSwitch extends HTMLElement {
  #abort = new AbortController();

  connectedCallback() {
    const { signal } = (this.#abort = new AbortController());
    this.addEventListener(
      "change",
      ({ target }) => choose(/** @type {HTMLInputElement} */ (target).value),
      { signal },
    );
  }

  disconnectedCallback() {
    this.#abort.abort();
  }
}

/** @param {string} theme "" is the system's */
function choose(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? YEAR_SECONDS : 0}; samesite=lax`;
}

/** The keyboard shortcuts of the page. @param {import("./message-actions.js").Parts} parts @param {AbortSignal} signal */
export function handleShortcuts(parts, signal) {
  document.addEventListener(
    "keydown",
    (event) => {
      const act = shortcutOf(event, isTyping(event.target));
      if (act && !event.defaultPrevented && RUN[act](parts)) event.preventDefault();
    },
    { signal },
  );
  byId("show-shortcuts")?.addEventListener("click", () => RUN.help(parts), { signal });
}

/**
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, shiftKey?: boolean, altKey?: boolean, isComposing?: boolean}} event
 * @param {boolean} isInField single keys belong to the field a person types in
 * @returns {"escape" | "compose" | "new" | "copy" | "help" | "previous" | "next" | null}
 */
export function shortcutOf(event, isInField) {
  if (event.isComposing) return null;
  const { key, altKey } = event;
  const hasCommand = event.ctrlKey || event.metaKey;
  if (key === "Escape") return "escape";
  if (hasCommand && event.shiftKey)
    return key.toLowerCase() === "o" ? "new" : key.toLowerCase() === "c" ? "copy" : null;
  if (hasCommand || isInField) return null;
  if (altKey) return key === "ArrowLeft" ? "previous" : key === "ArrowRight" ? "next" : null;
  return key === "/" ? "compose" : key === "?" ? "help" : null;
}

/** Each says whether it did something. @type {Record<string, (parts: import("./message-actions.js").Parts) => boolean>} */
const RUN = {
  escape: ({ client, composer }) => {
    if (document.querySelector(":popover-open, dialog[open]")) return false;
    if (composer.isEditing) composer.cancelEdit();
    else client.cancel();
    return true;
  },
  compose: ({ composer }) => {
    composer.focusText();
    return true;
  },
  new: ({ client }) => {
    location.assign(client.page.urls.home);
    return true;
  },
  copy: () => {
    withPart(
      () => import("./message-actions.js"),
      ({ copyLastAnswer }) => copyLastAnswer(),
    );
    return true;
  },
  help: () => {
    byId("shortcuts")?.showModal();
    return true;
  },
  previous: () => step("prev"),
  next: () => step("next"),
};

/** Go to another version of the message in focus. @param {string} direction */
function step(direction) {
  const article = document.activeElement?.closest("article");
  const link = /** @type {HTMLAnchorElement | null | undefined} */ (
    article?.querySelector(`.branches__step[rel="${direction}"][href]`)
  );
  link?.click();
  return Boolean(link);
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}
