/** What the composer works with: keys, drafts, files, choices; and what hinders sending. */

import { byId, fill, loadPart, openStorage } from "./page.js";

/**
 * Say what a key pressed in the composer means.
 *
 * @typedef {"send" | "edit-last" | "cancel"} Action
 * @param {{key: string, keyCode?: number, shiftKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, isComposing?: boolean}} event
 * @param {{isCoarse: boolean, isEmpty: boolean}} composer
 * @returns {Action | null} null: the browser does what it always does
 */
export function actionOf(event, { isCoarse, isEmpty }) {
  // Safari ends a composition before its keydown, and tells it by code 229 only.
  if (event.isComposing || event.keyCode === 229) return null;
  switch (event.key) {
    case "Enter":
      return isSendKey(event, isCoarse) ? "send" : null;
    case "ArrowUp":
      return isEmpty && !hasModifier(event) ? "edit-last" : null;
    case "Escape":
      return "cancel";
    default:
      return null;
  }
}

/** @param {{shiftKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event @param {boolean} isCoarse */
function isSendKey(event, isCoarse) {
  if (event.ctrlKey || event.metaKey) return true;
  return !event.shiftKey && !event.altKey && !isCoarse;
}

/** @param {{shiftKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event */
function hasModifier(event) {
  return Boolean(event.shiftKey || event.ctrlKey || event.metaKey || event.altKey);
}

/**
 * Say in words why a message cannot be sent now.
 *
 * @param {{isBusy: boolean, uploading: number, failed: number, length: number, limit: number}} state
 * @returns {string} empty when nothing stands in the way
 */
export function hindranceOf({ isBusy, uploading, failed, length, limit }) {
  if (isBusy) return "Claude is still answering. Send when it is done, or press Stop.";
  if (uploading) return `Waiting for ${uploading} ${uploading === 1 ? "upload" : "uploads"}…`;
  if (failed)
    return `${failed} ${failed === 1 ? "file was" : "files were"} not uploaded. Try again or remove.`;
  if (length > limit)
    return `Too long: ${grouped(length)} of ${grouped(limit)} characters. Attach it as a file.`;
  return "";
}

/** @param {number} count */
function grouped(count) {
  return count.toLocaleString("en");
}

const SAVE_DELAY_MS = 300; // ours: a pause in typing, so that not every key is written to the disk

/** What a person typed and has not sent, per conversation, in the browser's storage. */
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

  /** @param {string | null} conversation */
  #draftKey(conversation) {
    return `${this.#prefix}draft:${conversation ?? "new"}`;
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

/** Let a text box grow with its text where CSS cannot. @param {HTMLTextAreaElement} box */
export function growToText(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.setProperty("height", "auto");
  box.style.setProperty("height", `${box.scrollHeight}px`);
}

/**
 * Take files that are dropped anywhere on the page.
 *
 * @param {HTMLElement} overlay shown while files are dragged over the page
 * @param {(files: File[]) => void} take
 * @param {AbortSignal} signal
 */
export function acceptDrops(overlay, take, signal) {
  // Each element under the pointer sends its own pair of events: count them.
  let depth = 0;
  const show = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    overlay.hidden = depth === 0;
  };
  const on = (/** @type {string} */ type, /** @type {(event: DragEvent) => void} */ act) =>
    window.addEventListener(
      type,
      (event) =>
        hasFiles(/** @type {DragEvent} */ (event)) && act(/** @type {DragEvent} */ (event)),
      { signal },
    );

  on("dragenter", (event) => {
    event.preventDefault();
    show(depth + 1);
  });
  on("dragleave", () => show(depth - 1));
  on("dragover", (event) => event.preventDefault());
  on("drop", (event) => {
    event.preventDefault();
    show(0);
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

/**
 * Take files that are pasted into the page.
 *
 * @param {HTMLElement} field
 * @param {(files: File[]) => void} take
 * @param {AbortSignal} signal
 */
export function acceptPastes(field, take, signal) {
  field.addEventListener(
    "paste",
    (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      // Office programs paste text with a picture of it: the text is meant.
      if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
      event.preventDefault();
      take(files);
    },
    { signal },
  );
}

/** Text that is dragged inside the page is none of our business. @param {DragEvent} event */
function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files") ?? false;
}

/**
 * The files of the next message. What shows them is loaded with the first one; until
 * then they count as being uploaded, so that no message leaves without them.
 */
export class MessageFiles {
  #page;
  #changed;
  /** @type {import("./tray.js").Tray | null} */
  #tray = null;
  #arriving = 0;

  /** @param {any} page @param {() => void} changed */
  constructor(page, changed) {
    this.#page = page;
    this.#changed = changed;
  }

  get isEmpty() {
    return this.#arriving === 0 && (this.#tray?.isEmpty ?? true);
  }

  get uploading() {
    return this.#arriving + (this.#tray?.uploading ?? 0);
  }

  get failed() {
    return this.#tray?.failed ?? 0;
  }

  /** What can be sent. @returns {any[]} */
  get attachments() {
    return this.#tray?.attachments ?? [];
  }

  clear() {
    this.#tray?.clear();
  }

  /** Upload files, or have links fetched. Returns how many were left out; throws words for people. @param {(File | string)[]} files */
  async add(files) {
    return (await this.#load(files.length)).add(files);
  }

  /** Show what the server has already. @param {any[]} attachments @param {() => boolean} isWanted still, once it can be done */
  async restore(attachments, isWanted) {
    if (!attachments.length) return;
    const tray = await this.#load(attachments.length);
    if (isWanted()) tray.restore(attachments);
  }

  /** @param {number} count of the files that wait for it */
  async #load(count) {
    this.#arriving += count;
    try {
      const { Tray } = await loadPart(() => import("./tray.js"));
      return (this.#tray ??= new Tray(byId("composer-attachments"), {
        url: this.#page.urls.attachments,
        limit: this.#page.limits.attachments,
        changed: this.#changed,
      }));
    } finally {
      this.#arriving -= count;
    }
  }
}

const CHOICES_KEY = "colloquy:choices";
/** How an answer is served, by the API's names. A new conversation begins without a choice. */
const SERVING = ["speed", "inference_geo", "service_tier"];

/** Model, effort and thinking for the next answer, and tools, as far as the model offers them. */
export class Choices {
  #page;
  #model = /** @type {HTMLSelectElement} */ (byId("composer-model"));
  #effort = /** @type {HTMLSelectElement} */ (byId("composer-effort"));
  #thinking = /** @type {HTMLSelectElement} */ (byId("composer-thinking"));
  #later = /** @type {HTMLInputElement} */ (byId("composer-later"));
  #toolsField = byId("tools-field");
  /** Only on the page of a new conversation. */
  #schema = /** @type {HTMLTextAreaElement | null} */ (byId("composer-json_schema"));

  /** @param {any} page @param {AbortSignal} signal */
  constructor(page, signal) {
    this.#page = page;
    // A conversation keeps what its last turn had, which the server has put in.
    if (!page.conversation) this.#recall();
    this.#offer(this.#effort.value, this.#thinking.value);
    this.#model.addEventListener("change", () => this.#chosen(), { signal });
    for (const field of [this.#effort, this.#thinking, this.#toolsField, byId("serving-field")])
      field.addEventListener("change", () => this.#remember(), { signal });
    this.#later.addEventListener("change", () => this.#summarise(), { signal });
    this.#schema?.addEventListener("input", () => this.#summarise(), { signal });
  }

  /** The fields for a command; what is left out follows the model's default. */
  get settings() {
    return {
      model: this.#model.value || undefined,
      effort: this.#effort.value || undefined,
      thinking: this.#thinking.value || undefined,
      ...Object.fromEntries(SERVING.map((name) => [name, servingSelect(name).value || undefined])),
    };
  }

  /** Whether the next message is answered within a day, for half the price. */
  get later() {
    return this.#later.checked && Boolean(this.model?.batch);
  }

  /** The message was sent that could wait; the next one cannot. */
  sent() {
    this.#later.checked = false;
    this.#summarise();
  }

  /** The names of the tools that a new conversation gets. @returns {string[]} */
  get tools() {
    return this.#switches
      .filter(({ checked, disabled }) => checked && !disabled)
      .map(({ value }) => value);
  }

  /** The schema that all answers of a new conversation have to fit. @returns {string | undefined} */
  get schema() {
    if (!this.#schema || byId("json-field").hidden) return undefined;
    return this.#schema.value.trim() || undefined;
  }

  /** The first message was sent: its tools and its schema stay. */
  declared() {
    const chosen = this.tools;
    const place = byId("declared-tools");
    const titles = this.#page.tools
      .filter((/** @type {any} */ { name }) => chosen.includes(name))
      .map((/** @type {any} */ { title }) => title);
    this.#toolsField.hidden = true;
    fill(place, "titles", titles.join(", "));
    place.hidden = false;
    if (this.#schema) byId("json-field").disabled = true;
    this.#summarise();
  }

  /** @returns {HTMLInputElement[]} */
  get #switches() {
    return [...this.#toolsField.querySelectorAll("input")];
  }

  /** The chosen model. @returns {any} */
  get model() {
    return this.#page.models.find((/** @type {any} */ model) => model.id === this.#model.value);
  }

  /** Open the list of models. */
  focusModel() {
    this.#model.focus();
  }

  #chosen() {
    this.#offer(this.#effort.value, this.#thinking.value);
    this.#remember();
  }

  /** Offer what the model can do, keeping the choice where it still can. @param {string} effort @param {string} thinking */
  #offer(effort, thinking) {
    const { efforts = [], thinking: kinds = [], default_effort: usual } = this.model ?? {};
    const { effort_labels: effortWords, thinking_labels: thinkingWords } = this.#page;
    fillSelect(
      this.#effort,
      efforts,
      effortWords,
      usual ? `Default (${(effortWords[usual] ?? usual).toLowerCase()})` : "Default",
      effort,
    );
    fillSelect(this.#thinking, kinds, thinkingWords, "Default", thinking);
    byId("effort-field").hidden = efforts.length === 0;
    byId("thinking-field").hidden = kinds.length < 2;
    const isServed = this.#offerServing();
    const hasTools = this.#offerTools();
    const canFit = Boolean(this.model?.structured_outputs);
    if (this.#schema) byId("json-field").hidden = !canFit;
    const canWait = Boolean(this.model?.batch);
    byId("later-field").hidden = !canWait;
    byId("composer-options-button").hidden =
      efforts.length === 0 &&
      kinds.length < 2 &&
      !hasTools &&
      !canFit &&
      !canWait &&
      !isServed &&
      !this.#page.conversation;
    this.#summarise();
  }

  /** Show how the model can be served. Returns whether there is a choice. */
  #offerServing() {
    const serving = this.#page.serving[this.#model.value] ?? {};
    for (const name of SERVING) {
      const select = servingSelect(name);
      const options = serving[name] ?? [];
      const before = select.value;
      select.replaceChildren(
        ...options.map((/** @type {string[]} */ [value, label]) => new Option(label, value)),
      );
      select.value = options.some(([value]) => value === before) ? before : "";
      byId(`${name}-field`).hidden = !options.length;
    }
    const isOffered = SERVING.some((name) => serving[name]?.length);
    byId("serving-field").hidden = !isOffered;
    return isOffered;
  }

  /** Show the tools that the model can have. Returns whether there are any. */
  #offerTools() {
    const { tools } = this.#page;
    for (const box of this.#switches) {
      const { lacking } = tools.find((/** @type {any} */ { name }) => name === box.value);
      box.disabled = lacking.includes(this.#model.value);
      /** @type {HTMLElement} */ (box.closest("label")).hidden = box.disabled;
    }
    return this.#switches.some(({ disabled }) => !disabled);
  }

  #summarise() {
    const chosen = [this.#effort, this.#thinking, ...SERVING.map(servingSelect)]
      .filter((select) => select.value)
      .map((select) => select.selectedOptions[0].textContent?.replace(/ \(.*/, ""));
    const count = this.tools.length;
    if (count && !this.#toolsField.hidden) chosen.push(count === 1 ? "1 tool" : `${count} tools`);
    if (this.schema || document.querySelector(".options__schema")) chosen.push("JSON");
    if (this.later) chosen.push("Later");
    byId("composer-options-summary").textContent = chosen.join(" · ");
  }

  #remember() {
    this.#summarise();
    try {
      const tools = this.#page.conversation ? this.#stored().tools : this.tools;
      openStorage("localStorage")?.setItem(this.#key, JSON.stringify({ ...this.settings, tools }));
    } catch {
      // The next page then begins with the defaults.
    }
  }

  #recall() {
    try {
      const { model, effort = "", thinking = "", tools = [] } = this.#stored();
      for (const box of this.#switches) box.checked = tools.includes(box.value);
      if (!this.#page.models.some((/** @type {any} */ offered) => offered.id === model)) return;
      this.#model.value = model;
      this.#offer(effort, thinking);
    } catch {
      // A choice that cannot be read is no choice.
    }
  }

  /** @returns {any} */
  #stored() {
    return JSON.parse(openStorage("localStorage")?.getItem(this.#key) ?? "{}");
  }

  get #key() {
    return `${CHOICES_KEY}:${this.#page.user.id}`;
  }
}

/** @param {string} name @returns {HTMLSelectElement} */
function servingSelect(name) {
  return byId(`composer-${name}`);
}

/**
 * @param {HTMLSelectElement} select
 * @param {string[]} values
 * @param {Record<string, string>} labels
 * @param {string} usual label of the default
 * @param {string} chosen
 */
function fillSelect(select, values, labels, usual, chosen) {
  const options = values.map((value) => new Option(labels[value] ?? value, value));
  select.replaceChildren(new Option(usual, ""), ...options);
  select.value = values.includes(chosen) ? chosen : "";
}
