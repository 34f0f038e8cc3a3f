/**
 * Commands that the server has not accepted yet.
 *
 * Kept in the tab's own storage, so that a reload in the wrong moment loses nothing:
 * a command sent twice is carried out once (docs/protocol.md, section 4).
 */

const KEY = "colloquy:outbox";

export class Outbox {
  #storage;
  /** @type {Map<string, any>} */
  #commands;

  /** @param {Storage | null} storage */
  constructor(storage) {
    this.#storage = storage;
    this.#commands = new Map(load(storage));
  }

  /** @param {any} command a command with a `client_id` */
  add(command) {
    this.#commands.set(command.client_id, command);
    this.#save();
  }

  /** Forget a command and return it, or undefined when it was not ours. @param {string | null} clientId */
  take(clientId) {
    const command = this.#commands.get(clientId ?? "");
    if (command && this.#commands.delete(command.client_id)) this.#save();
    return command;
  }

  /** The waiting commands, oldest first. @returns {any[]} */
  all() {
    return [...this.#commands.values()];
  }

  #save() {
    try {
      this.#storage?.setItem(KEY, JSON.stringify([...this.#commands]));
    } catch {
      // A full storage costs only the protection against a reload.
    }
  }
}

/** @param {Storage | null} storage @returns {[string, any][]} */
function load(storage) {
  try {
    const entries = JSON.parse(storage?.getItem(KEY) ?? "[]");
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}
