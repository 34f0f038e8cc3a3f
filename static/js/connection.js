/** Says in words when there is no connection: <connection-status>. */

const STARTUP_MS = 2_000; // ours: a first connection that takes longer is worth a word

export class ConnectionStatus extends HTMLElement {
  /** @type {import("./socket.js").Socket} */
  #socket;
  #isRestarting = false;
  /** @type {any} */
  #timer = null;
  #startedAt = performance.now();
  #abort = new AbortController();

  /** @param {import("./client.js").Client} client */
  start(client) {
    const { signal } = this.#abort;
    this.#socket = client.socket;
    this.#socket.addEventListener("changed", () => this.#show(), { signal });
    client.addEventListener(
      "event",
      (event) => this.#note(/** @type {CustomEvent} */ (event).detail.event),
      { signal },
    );
    this.querySelector("button")?.addEventListener("click", () => this.#retry(), { signal });
    this.#timer = setInterval(() => this.#show(), 1_000);
    // These are hints only: the socket finds out by itself as well.
    window.addEventListener("online", () => this.#socket.connect(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#socket.probe(), {
      signal,
    });
  }

  disconnectedCallback() {
    this.#abort.abort();
    clearInterval(this.#timer);
  }

  /** @param {any} event */
  #note({ type }) {
    if (type === "server.restarting") this.#isRestarting = true;
  }

  #retry() {
    if (this.#socket.phase === "logged_out") location.reload();
    else this.#socket.connect();
  }

  #show() {
    const { phase, attempts } = this.#socket;
    document.documentElement.dataset.connection = phase;
    if (phase === "open") this.#isRestarting = false;
    const isFirst = attempts === 0 && performance.now() - this.#startedAt < STARTUP_MS;
    this.hidden = phase === "open" || phase === "closed" || (phase === "connecting" && isFirst);
    this.dataset.state = navigator.onLine
      ? phase === "connecting"
        ? "connecting"
        : "waiting"
      : "offline";
    this.#write(".connection__text", this.#words());
    this.#write(".connection__retry", phase === "logged_out" ? "Log in" : "Retry now");
  }

  #words() {
    const { phase, retryAt } = this.#socket;
    if (phase === "logged_out") return "You are logged out";
    if (phase === "connecting") return "Connecting…";
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
    const cause = this.#isRestarting
      ? "The server is restarting. "
      : navigator.onLine
        ? ""
        : "Offline. ";
    return `${cause}Reconnecting in ${seconds} s`;
  }

  /** @param {string} selector @param {string} words */
  #write(selector, words) {
    const place = this.querySelector(selector);
    if (place && place.textContent !== words) place.textContent = words;
  }
}
