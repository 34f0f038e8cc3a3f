/** The files that go with the next message: chips with progress. */

import { factsOf, showThumbnail, sizeOf } from "./attachment-link.js";
import { clone, csrfToken, fill, wordsFor } from "./page.js";

/**
 * @typedef {object} Item
 * @property {HTMLElement} chip
 * @property {File | string | null} file a string is a link that the server fetches
 * @property {"uploading" | "done" | "failed"} state
 * @property {any} attachment as the server answered
 * @property {() => void} cancel
 */

export class Tray {
  #list;
  #url;
  #limit;
  #changed;
  #send;
  /** @type {Item[]} */
  #items = [];

  /**
   * @param {HTMLElement} list
   * @param {{url: string, limit: number, changed: () => void, send?: typeof upload}} options
   */
  constructor(list, { url, limit, changed, send = upload }) {
    this.#list = list;
    this.#url = url;
    this.#limit = limit;
    this.#changed = changed;
    this.#send = send;
  }

  /** How many files are on their way. */
  get uploading() {
    return this.#count("uploading");
  }

  get failed() {
    return this.#count("failed");
  }

  get isEmpty() {
    return this.#items.length === 0;
  }

  /** What can be sent. @returns {any[]} */
  get attachments() {
    return this.#items.filter(({ state }) => state === "done").map(({ attachment }) => attachment);
  }

  /**
   * Upload files, or have links fetched. Returns how many were left out because the
   * message has no place.
   *
   * @param {Iterable<File | string>} files
   */
  add(files) {
    const all = [...files];
    const fitting = all.slice(0, Math.max(0, this.#limit - this.#items.length));
    for (const file of fitting) this.#begin(this.#place(file, typeof file === "string" ? file : file.name));
    this.#update();
    return all.length - fitting.length;
  }

  /** Show what the server has already. @param {any[]} attachments */
  restore(attachments) {
    for (const attachment of attachments)
      this.#finish(this.#place(null, attachment.name), attachment);
    this.#update();
  }

  /** Forget everything, as after sending. */
  clear() {
    for (const item of [...this.#items]) this.#remove(item);
  }

  /** @param {File | string | null} file @param {string} name */
  #place(file, name) {
    const chip = clone("template-upload");
    /** @type {Item} */
    const item = { chip, file, state: "uploading", attachment: null, cancel: () => {} };
    fill(chip, "name", name);
    fill(chip, "facts", file instanceof File ? sizeOf(file.size) : "");
    this.#button(item, "remove")?.addEventListener("click", () => this.#remove(item));
    this.#button(item, "retry-upload")?.addEventListener("click", () => this.#begin(item));
    this.#items.push(item);
    this.#list.append(chip);
    return item;
  }

  /** @param {Item} item */
  async #begin(item) {
    this.#show(item, "uploading", "");
    const bar = this.#bar(item);
    const file = /** @type {File | string} */ (item.file);
    // How long the server needs to fetch a link nobody knows.
    if (typeof file === "string") bar?.removeAttribute("value");
    else if (bar) bar.value = 0;
    const { done, cancel } = this.#send(this.#url, file, {
      progressed: (share) => bar && file instanceof File && (bar.value = share),
    });
    item.cancel = cancel;
    try {
      this.#finish(item, await done);
    } catch (error) {
      this.#show(item, "failed", /** @type {Error} */ (error).message);
    }
  }

  /** @param {Item} item @param {any} attachment */
  #finish(item, attachment) {
    item.attachment = attachment;
    fill(item.chip, "name", attachment.name);
    fill(item.chip, "facts", factsOf(attachment));
    this.#thumbnail(item.chip, attachment);
    const seen = /** @type {HTMLAnchorElement | null} */ (item.chip.querySelector(".upload__seen"));
    if (seen && attachment.converted_from) {
      seen.href = attachment.href;
      seen.hidden = false;
    }
    this.#show(item, "done", "");
  }

  /** @param {Item} item @param {Item["state"]} state @param {string} error */
  #show(item, state, error) {
    item.state = state;
    item.chip.dataset.state = state;
    fill(item.chip, "error", error);
    const bar = this.#bar(item);
    if (bar) bar.hidden = state !== "uploading";
    const retry = this.#button(item, "retry-upload");
    if (retry) retry.hidden = state !== "failed" || item.file === null;
    this.#update();
  }

  /** @param {HTMLElement} chip @param {any} attachment */
  #thumbnail(chip, { thumbnail_href: href }) {
    showThumbnail(chip.querySelector("img"), href);
    const icon = /** @type {HTMLElement | null} */ (chip.querySelector(".upload__icon"));
    if (icon) icon.hidden = Boolean(href);
  }

  /** @param {Item} item */
  #remove(item) {
    item.cancel();
    item.chip.remove();
    this.#items = this.#items.filter((other) => other !== item);
    this.#update();
  }

  #update() {
    this.#list.hidden = this.isEmpty;
    this.#changed();
  }

  /** @param {Item["state"]} state */
  #count(state) {
    return this.#items.filter((item) => item.state === state).length;
  }

  /** @param {Item} item @returns {HTMLProgressElement | null} */
  #bar({ chip }) {
    return chip.querySelector("progress");
  }

  /** @param {Item} item @param {string} action @returns {HTMLElement | null} */
  #button({ chip }, action) {
    return chip.querySelector(`[data-action="${action}"]`);
  }
}

/**
 * Send one file, or a link, to the server, with progress. fetch() cannot tell how far
 * it is.
 *
 * @param {string} url
 * @param {File | string} file
 * @param {{progressed: (share: number) => void}} listener
 * @returns {{done: Promise<any>, cancel: () => void}} `done` rejects with words for people
 */
export function upload(url, file, { progressed }) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ lengthComputable, loaded, total }) =>
      lengthComputable && progressed(loaded / total);
    request.onload = () => settle(request, resolve, reject);
    request.onerror = () => reject(new Error(wordsFor(0)));
    request.send(formWith(file));
  });
  return { done, cancel: () => request.abort() };
}

/** @param {XMLHttpRequest} request @param {(attachment: any) => void} resolve @param {(error: Error) => void} reject */
function settle({ status, response }, resolve, reject) {
  if (status === 201 && response?.id) resolve(response);
  else reject(new Error(response?.error?.message ?? wordsFor(status)));
}

/** @param {File | string} file */
function formWith(file) {
  const form = new FormData();
  if (typeof file === "string") form.append("link", file);
  else form.append("file", file, file.name);
  return form;
}
