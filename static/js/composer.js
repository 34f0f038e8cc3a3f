/** Where a person writes: <message-composer>. */

import {
  acceptDrops,
  acceptPastes,
  actionOf,
  Choices,
  Drafts,
  growToText,
  hindranceOf,
  MessageFiles,
} from "./composer-input.js";
import { byId, openStorage, withPart } from "./page.js";

/** @typedef {import("./client.js").Client} Client */

export class MessageComposer extends HTMLElement {
  /** @type {Client} */
  #client;
  /** @type {() => Promise<unknown>} */
  #prepare;
  /** Whether a message can be sent, or kept, without loading anything more. */
  isReady = false;
  /** @type {Drafts} */
  #drafts;
  /** @type {MessageFiles} */
  #files;
  /** @type {Choices} */
  #choices;
  /** @type {HTMLTextAreaElement} */
  #text;
  /** @type {{message: string} | null} */
  #editing = null;
  #wantsToSend = false;
  /** Whether a message waits for a part of the page. */
  #isSending = false;
  #abort = new AbortController();

  /** @param {Client} client @param {() => Promise<unknown>} prepare loads what sends and shows a turn */
  start(client, prepare) {
    this.#client = client;
    this.#prepare = prepare;
    this.#text = byId("composer-text");
    this.#drafts = new Drafts(openStorage("localStorage"), client.page.user.id);
    this.#choices = new Choices(client.page, this.#abort.signal);
    this.#files = new MessageFiles(client.page, () => this.#uploadsChanged());
    this.#listen();
    this.#restoreDraft();
    this.#showState();
  }

  disconnectedCallback() {
    this.#abort.abort();
  }

  get choices() {
    return this.#choices;
  }

  /** The command that sending would make of what is in the box now. */
  get draft() {
    return this.#commandFor(this.#text.value.trim());
  }

  get isEditing() {
    return this.#editing !== null;
  }

  /** Load what sending needs. What cannot be loaded now is tried again when it is needed. */
  async getReady() {
    this.isReady = await this.#prepare().then(
      () => true,
      () => false,
    );
  }

  focusText() {
    this.#text.focus();
  }

  /** Put words into the box, for example a suggestion. @param {string} text */
  fill(text) {
    this.#write(text);
    this.#text.focus();
    this.#text.setSelectionRange(text.length, text.length);
  }

  /** @param {(File | string)[]} files a string is a link */
  async attach(files) {
    try {
      const left = await this.#files.add(files);
      const { attachments: limit } = this.#client.page.limits;
      this.showError(left ? `A message can have ${limit} files. ${left} were left out.` : "");
    } catch (error) {
      this.#wantsToSend = false;
      this.showError(`The files were not attached. ${/** @type {Error} */ (error).message}`);
    }
  }

  /** @param {string} words empty to clear */
  showError(words) {
    const place = byId("composer-error");
    place.textContent = words;
    place.hidden = words === "";
  }

  /**
   * Change an earlier message of the person: sending makes a branch.
   *
   * @param {{message: string, text: string, attachments: any[]}} earlier
   */
  edit({ message, text, attachments }) {
    this.#drafts.flush();
    this.#editing = { message };
    this.#files.clear();
    this.#restoreFiles(attachments);
    this.#text.value = text;
    growToText(this.#text);
    this.#showEditing();
    this.fill(text);
  }

  cancelEdit() {
    if (!this.#editing) return;
    this.#editing = null;
    this.#files.clear();
    this.#showEditing();
    this.#write(this.#drafts.read(this.#client.conversation));
  }

  /**
   * A command was refused: take its text back unless there is newer text here.
   *
   * @param {{command: any, attachments: any[], error: any}} refused
   * @returns {boolean} whether nothing of it is left to be kept elsewhere
   */
  giveBack({ command, attachments, error }) {
    this.showError(error.message);
    if (!("text" in command)) return true;
    if (this.#text.value || !this.#files.isEmpty || this.#editing) return false;
    this.#putIn(command, attachments);
    return true;
  }

  /**
   * The person wants an unsent message back: it goes before what is written by now.
   *
   * @param {{command: any, attachments: any[]}} unsent
   * @returns {boolean} whether that was possible
   */
  takeBack({ command, attachments }) {
    if (!("text" in command)) return true;
    if (this.#editing) {
      this.showError("Send or cancel the edit first, then take the message back.");
      return false;
    }
    this.#putIn(command, attachments);
    this.#text.focus();
    return true;
  }

  /** Keep a text for the next visit of a new conversation: its own is gone. @param {string} text */
  keepDraft(text) {
    this.#drafts.save(null, joined(text, this.#drafts.read(null)));
  }

  /** The page shows another conversation now: its draft is what stands in the box. */
  conversationChanged() {
    byId("composer-form").action = this.#client.address("messages");
    this.#choices.declared();
    this.#drafts.save(null, "");
    this.#saveDraft();
  }

  #listen() {
    const { signal } = this.#abort;
    const on = (
      /** @type {EventTarget} */ target,
      /** @type {string} */ type,
      /** @type {(event: any) => void} */ act,
    ) => target.addEventListener(type, act, { signal });
    on(byId("composer-form"), "submit", (event) => this.#submitted(event));
    on(this.#text, "keydown", (event) => this.#pressed(event));
    on(this.#text, "input", () => this.#typed());
    // Whoever comes here is about to send: what shows the answer is there by then.
    on(this, "focusin", () => this.getReady());
    on(byId("stop-button"), "click", () => this.#stop());
    on(byId("cancel-edit"), "click", () => this.cancelEdit());
    on(byId("attach-link-button"), "click", () => this.#attachLink());
    on(byId("composer-files"), "change", ({ target }) => this.#filesChosen(target));
    on(window, "pagehide", () => this.#drafts.flush());
    on(this.#client, "changed", () => this.#showState());
    on(this.#client, "sent", () => queueMicrotask(() => this.#showState()));
    on(this.#client, "event", () => queueMicrotask(() => this.#showState()));
    acceptDrops(byId("drop-overlay"), (files) => this.attach(files), signal);
    acceptPastes(this.#text, (files) => this.attach(files), signal);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const isCoarse = matchMedia("(pointer: coarse)").matches;
    const isEmpty = this.#text.value === "" && this.#files.isEmpty;
    const action = actionOf(event, { isCoarse, isEmpty });
    if (action === "send") {
      event.preventDefault();
      this.#send();
    } else if (action === "edit-last") {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent("edit-last", { bubbles: true }));
    }
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    this.#send();
  }

  #typed() {
    growToText(this.#text);
    this.showError("");
    this.#hint("");
    this.#wantsToSend = false;
    this.#saveDraft();
  }

  /** @param {HTMLInputElement} input */
  #filesChosen(input) {
    this.attach([...(input.files ?? [])]);
    // The same file can be chosen again after it was removed.
    input.value = "";
    this.#text.focus();
  }

  #attachLink() {
    return withPart(
      () => import("./link-dialog.js"),
      async ({ askForLink }) => {
        const link = await askForLink();
        if (link) await this.attach([link]);
        this.#text.focus();
      },
    );
  }

  /** @returns {boolean} whether the message left the box */
  #send() {
    const text = this.#text.value.replace(/^\n+|\s+$/g, "");
    if (text === "" && this.#files.isEmpty) return false;
    const { uploading, failed } = this.#files;
    const limit = this.#client.page.limits.text_characters;
    const hindrance = hindranceOf({
      isBusy: this.#client.isBusy,
      uploading,
      failed,
      length: text.length,
      limit,
    });
    this.#hint(hindrance);
    this.#wantsToSend = uploading > 0;
    if (hindrance) return false;
    if (this.isReady) this.#dispatch(text);
    else this.#sendWhenReady();
    return this.isReady;
  }

  /** Send what the box holds now; what is typed until then stays in it. */
  async #sendWhenReady() {
    if (this.#isSending) return;
    this.#isSending = true;
    const draft = this.#text.value;
    const editing = this.#editing;
    await this.getReady();
    this.#isSending = false;
    // An edit that was begun or given up meanwhile makes it another message.
    if (this.#editing !== editing) return;
    if (!this.isReady) {
      this.showError(
        "The message was not sent: a part of the page could not be loaded. Check the connection and send it again.",
      );
      return;
    }
    const typed = this.#text.value;
    const rest = typed.startsWith(draft) ? typed.slice(draft.length) : typed;
    this.#text.value = draft;
    if (!this.#send()) this.#write(typed);
    else if (rest) this.#write(this.#text.value + rest);
  }

  /** Put files that the server has into the tray again. @param {any[]} attachments */
  async #restoreFiles(attachments) {
    const editing = this.#editing;
    try {
      await this.#files.restore(attachments, () => this.#editing === editing);
    } catch (error) {
      if (this.#editing !== editing) return;
      // An edit without its files would drop them from the conversation.
      this.cancelEdit();
      this.showError(
        `The message's files could not be loaded. ${/** @type {Error} */ (error).message}`,
      );
    }
  }

  /** @param {string} text */
  #dispatch(text) {
    const { attachments } = this.#files;
    const editing = this.#editing;
    const command = this.#commandFor(text);
    const draft = this.#text.value;
    const { conversation } = this.#client;
    this.#empty();
    if (command.later) this.#choices.sent();
    const kept = this.#client.begin(command, { attachments });
    // An edit began from a message that is stored; it leaves the draft alone.
    if (editing) this.#write(this.#drafts.read(conversation));
    else kept.then(() => this.#forgetDraft(conversation, draft));
  }

  /** @param {string} text @returns {any} */
  #commandFor(text) {
    const content = {
      text,
      attachments: this.#files.attachments.map(({ id }) => id),
      ...this.#choices.settings,
    };
    return this.#editing
      ? { type: "message.edit", message: this.#editing.message, ...content }
      : { type: "message.send", ...this.#place(), ...content, ...this.#waiting(), ...this.#beginning() };
  }

  /** What can wait is answered later, for half the price. */
  #waiting() {
    return this.#choices.later ? { later: true } : {};
  }

  /** The text is on the disk, or with the server, in another form now. @param {string | null} conversation @param {string} draft */
  #forgetDraft(conversation, draft) {
    if (this.#drafts.read(conversation) === draft) this.#drafts.save(conversation, "");
    this.#saveDraft();
    this.#drafts.flush();
  }

  /** Where a new message stands: below the newest one that the person sees. */
  #place() {
    const { conversation, leaf, running, state, waiting } = this.#client;
    // Below an answer that is still to come only the server can put it.
    if (!conversation || running || waiting.length) return {};
    const parent = state.path.at(-1) ?? leaf;
    return parent ? { parent } : {};
  }

  /** A conversation has the tools and the schema that its first message declares. */
  #beginning() {
    if (this.#client.conversation) return {};
    const { tools, schema } = this.#choices;
    return { ...(tools.length && { tools }), ...(schema && { json_schema: schema }) };
  }

  #empty() {
    this.#editing = null;
    this.#showEditing();
    this.#files.clear();
    this.#text.value = "";
    growToText(this.#text);
    this.showError("");
    this.#hint("");
  }

  #uploadsChanged() {
    this.dispatchEvent(new Event("files-changed"));
    if (this.#wantsToSend) this.#send();
    else this.#hint("");
  }

  /** @param {string} text */
  #write(text) {
    this.#text.value = text;
    growToText(this.#text);
    this.#saveDraft();
  }

  #saveDraft() {
    if (!this.#editing) this.#drafts.save(this.#client.conversation, this.#text.value);
  }

  #restoreDraft() {
    const text = this.#drafts.read(this.#client.conversation);
    // What the browser left in the form has the last word.
    if (text && !this.#text.value) this.#write(text);
    else growToText(this.#text);
  }

  /** @param {any} command @param {any[]} attachments */
  #putIn(command, attachments) {
    if (command.type === "message.edit")
      this.edit({ message: command.message, text: command.text, attachments });
    else {
      this.#write(joined(command.text, this.#text.value));
      this.#restoreFiles(attachments);
    }
  }

  #stop() {
    if (!this.#client.cancel()) this.#hint("Claude is stopped as soon as there is a connection.");
  }

  /** Stop stands in Send's place while there is something to stop. */
  #showState() {
    const isRunning = this.#client.running !== undefined;
    const stop = byId("stop-button");
    const send = byId("send-button");
    const hadFocus = [stop, send].includes(/** @type {any} */ (document.activeElement));
    stop.hidden = !isRunning;
    send.hidden = isRunning;
    if (hadFocus) (isRunning ? stop : send).focus();
    if (!this.#client.isBusy && !this.#files.uploading && !this.#files.failed) this.#hint("");
  }

  #showEditing() {
    byId("composer-editing").hidden = !this.#editing;
    for (const article of document.querySelectorAll(".message.is-editing"))
      article.classList.remove("is-editing");
    if (this.#editing)
      document.getElementById(`message-${this.#editing.message}`)?.classList.add("is-editing");
  }

  /** @param {string} words */
  #hint(words) {
    const place = byId("composer-hint");
    place.textContent = words;
    place.hidden = words === "";
  }
}

/** @param {string} first @param {string} second */
function joined(first, second) {
  return [first, second].filter(Boolean).join("\n\n");
}
