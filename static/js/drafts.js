/**
 * What a person typed and has not sent, per conversation, in the browser's storage.
 *
 * A text that was sent stays kept as "unsent" until the server accepts it: nothing
 * typed is ever lost to a crash between the two.
 */

const SAVE_DELAY_MS = 300; // frontend.md: typing pauses of this length are saved
const ORPHANED_MS = 60_000; // ours: an older unsent text has no tab any more that sends it

export class Drafts {
  #storage;
  #prefix;
  /** @type {Map<string, {text: string, timer: any}>} */
  #unsaved = new Map();

  /**
   * @param {Storage | null} storage
   * @param {string} person drafts of two people at one browser stay apart
   */
  constructor(storage, person) {
    this.#storage = storage;
    this.#prefix = `colloquy:${person}:`;
  }

  /** @param {string | null} conversation null is the page of a new conversation */
  read(conversation) {
    const key = this.#draftKey(conversation);
    return this.#unsaved.get(key)?.text ?? this.#get(key) ?? "";
  }

  /** Save after a pause. @param {string | null} conversation @param {string} text */
  save(conversation, text) {
    const key = this.#draftKey(conversation);
    clearTimeout(this.#unsaved.get(key)?.timer);
    this.#unsaved.set(key, { text, timer: setTimeout(() => this.flush(), SAVE_DELAY_MS) });
  }

  /** Save everything now: the page may go away. */
  flush() {
    for (const [key, { text, timer }] of this.#unsaved) {
      clearTimeout(timer);
      if (text) this.#set(key, text);
      else this.#remove(key);
    }
    this.#unsaved.clear();
  }

  /**
   * Keep a text that is on its way.
   *
   * @param {string | null} conversation
   * @param {string} clientId
   * @param {string} text
   * @param {number} [now]
   */
  keepUnsent(conversation, clientId, text, now = Date.now()) {
    const unsent = this.#unsent(conversation);
    unsent[clientId] = { text, sent_at: now };
    this.#set(this.#unsentKey(conversation), JSON.stringify(unsent));
  }

  /** The server has it. @param {string | null} conversation @param {string} clientId */
  forgetUnsent(conversation, clientId) {
    const unsent = this.#unsent(conversation);
    delete unsent[clientId];
    if (Object.keys(unsent).length)
      this.#set(this.#unsentKey(conversation), JSON.stringify(unsent));
    else this.#remove(this.#unsentKey(conversation));
  }

  /**
   * Return texts that no tab sends any more, and forget them: they are drafts again.
   *
   * @param {string | null} conversation
   * @param {string[]} ownIds client ids that this tab still sends
   * @param {number} [now]
   * @returns {string[]}
   */
  takeOrphans(conversation, ownIds, now = Date.now()) {
    const orphans = Object.entries(this.#unsent(conversation)).filter(
      ([id, { sent_at }]) => !ownIds.includes(id) && now - sent_at > ORPHANED_MS,
    );
    for (const [id] of orphans) this.forgetUnsent(conversation, id);
    return orphans.map(([, { text }]) => text);
  }

  /** @param {string | null} conversation @returns {Record<string, {text: string, sent_at: number}>} */
  #unsent(conversation) {
    try {
      return JSON.parse(this.#get(this.#unsentKey(conversation)) ?? "{}");
    } catch {
      return {};
    }
  }

  /** @param {string | null} conversation */
  #draftKey(conversation) {
    return `${this.#prefix}draft:${conversation ?? "new"}`;
  }

  /** @param {string | null} conversation */
  #unsentKey(conversation) {
    return `${this.#prefix}unsent:${conversation ?? "new"}`;
  }

  /** @param {string} key */
  #get(key) {
    return this.#storage?.getItem(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  #set(key, value) {
    try {
      this.#storage?.setItem(key, value);
    } catch {
      // A full storage must not stop a person from writing.
    }
  }

  /** @param {string} key */
  #remove(key) {
    this.#storage?.removeItem(key);
  }
}
