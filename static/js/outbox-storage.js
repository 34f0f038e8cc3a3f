/**
 * Unsent commands on the disk (IndexedDB): a person's, shared by their tabs.
 *
 * Each record is owned by one tab, which sends it. A tab lives as long as it holds the
 * Web Lock of its name; where the browser has no such locks, as long as it renews its
 * lease. Another tab takes over what the dead leave, and what it shows while the
 * owner does not.
 *
 * @typedef {object} Kept
 * @property {any} command
 * @property {any[]} attachments
 * @property {string} begins
 * @property {number} queued_at
 * @property {any} error
 * @typedef {Kept & {client_id: string, owner: string, isShown: boolean}} Row
 */

import { newId } from "./page.js";

const VERSION = 1;
const ROWS = "unsent";
const TABS = "tabs";
const LEASE_MS = 15_000; // ours: three renewals of 5 s may be missed

/** What a test may replace. */
const REAL = {
  /** @type {LockManager | undefined} */
  locks: navigator.locks,
  now: () => Date.now(),
};

/**
 * Open the storage of one person. Throws where the browser forbids it.
 *
 * @param {string} name
 * @param {Partial<typeof REAL>} [real]
 */
export async function openOutboxStorage(name, real = {}) {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(ROWS, { keyPath: "client_id" });
    opening.result.createObjectStore(TABS, { keyPath: "id" });
  };
  const storage = new OutboxStorage(await answer(opening), { ...REAL, ...real });
  await storage.resume();
  return storage;
}

export class OutboxStorage {
  #database;
  #real;
  #tab = `colloquy:tab:${newId()}`;
  #release = () => {};
  /** @type {Set<string>} ids of what this tab has on the disk */
  #kept = new Set();

  /** @param {IDBDatabase} database @param {typeof REAL} real */
  constructor(database, real) {
    this.#database = database;
    this.#real = real;
    // A later version of the page, in another tab, may want to change its shape.
    database.onversionchange = () => database.close();
  }

  /** Begin to live: nobody takes what this tab keeps. */
  async resume() {
    const { locks } = this.#real;
    if (!locks) await this.#renewLease();
    else
      await new Promise((isHeld) => {
        locks.request(this.#tab, () => {
          isHeld(undefined);
          return new Promise((release) => (this.#release = () => release(undefined)));
        });
      });
  }

  /** Stop living: others may take over. */
  rest() {
    this.#release();
    this.#within((_rows, tabs) => tabs.delete(this.#tab));
  }

  /** @param {Kept} kept @param {(kept: Kept) => boolean} shows whether a command has its place on this page */
  async put(kept, shows) {
    const { client_id } = kept.command;
    const row = { ...kept, client_id, owner: this.#tab, isShown: shows(kept) };
    if (await this.#within((rows) => rows.put(row))) this.#kept.add(client_id);
  }

  /** @param {string} id */
  async delete(id) {
    this.#kept.delete(id);
    await this.#within((rows) => rows.delete(id));
  }

  /**
   * Take over what nobody sends, or shows where it belongs. `lost` are those of `known`
   * that another tab has taken over.
   *
   * @param {string[]} known ids of the commands that this tab sends
   * @param {(kept: Kept) => boolean} shows
   * @returns {Promise<{found: Kept[], lost: string[]}>}
   */
  async sync(known, shows) {
    // In this order: whoever owned something a moment ago, and lives now, is no dead one.
    const owners = (await this.#all()).map(({ owner }) => owner);
    const alive = await this.#alive();
    const dead = new Set(owners.filter((owner) => !alive.has(owner)));
    /** @type {Row[]} */
    const found = [];
    /** @type {Row[]} */
    const mine = [];
    const isRead = await this.#within(async (rows) => {
      for (const row of await answer(rows.getAll())) {
        if (row.owner === this.#tab) mine.push(row);
        else if (dead.has(row.owner) || (!row.isShown && shows(row))) found.push(row);
      }
      for (const row of [...mine, ...found])
        if (row.owner !== this.#tab || row.isShown !== shows(row))
          rows.put({ ...row, owner: this.#tab, isShown: shows(row) });
    });
    if (!isRead) return { found: [], lost: [] };
    const lost = known.filter(
      (id) => this.#kept.has(id) && !mine.some(({ client_id }) => client_id === id),
    );
    for (const id of lost) this.#kept.delete(id);
    for (const { client_id } of found) this.#kept.add(client_id);
    return { found: found.toSorted((a, b) => a.queued_at - b.queued_at), lost };
  }

  /** @returns {Promise<Row[]>} */
  async #all() {
    /** @type {Row[]} */
    const all = [];
    await this.#within(async (rows) => all.push(...(await answer(rows.getAll()))));
    return all;
  }

  /** The names of the tabs that live. @returns {Promise<Set<string>>} */
  async #alive() {
    const { locks, now } = this.#real;
    if (locks) return new Set((await locks.query()).held?.map(({ name }) => name ?? ""));
    await this.#renewLease();
    /** @type {Set<string>} */
    const alive = new Set();
    await this.#within(async (_rows, tabs) => {
      for (const { id, seen_at } of await answer(tabs.getAll()))
        if (seen_at > now() - LEASE_MS) alive.add(id);
        else tabs.delete(id);
    });
    return alive;
  }

  async #renewLease() {
    const seen_at = this.#real.now();
    await this.#within((_rows, tabs) => tabs.put({ id: this.#tab, seen_at }));
  }

  /**
   * Do something in one transaction. Returns whether it was done: a disk that is full,
   * or a browser that cleared its storage, costs only the protection against a reload.
   *
   * @param {(rows: IDBObjectStore, tabs: IDBObjectStore) => unknown} act
   */
  async #within(act) {
    try {
      const transaction = this.#database.transaction([ROWS, TABS], "readwrite");
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      await Promise.all([
        act(transaction.objectStore(ROWS), transaction.objectStore(TABS)),
        done,
      ]);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
