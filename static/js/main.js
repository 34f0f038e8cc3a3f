/** Puts the page together: every part is made here and told of the others here. */

import { Announcer } from "./announcer.js";
import { rememberBranchPoint, restoreBranchPoint } from "./branches.js";
import { showCitationCards } from "./citations.js";
import { Client } from "./client.js";
import { MessageComposer } from "./composer.js";
import { ConnectionStatus } from "./connection.js";
import { loadEarlierMessages } from "./earlier.js";
import { editLast, handleMessageActions } from "./message-actions.js";
import { byId, readPageData, showToast } from "./page.js";
import { previewPictures } from "./preview.js";
import { handleShortcuts } from "./shortcuts.js";
import { SideBar } from "./sidebar.js";
import { ThemeSwitch } from "./theme.js";
import { rememberThinking } from "./thinking.js";
import { MessageThread } from "./thread.js";
import { keepTitle, offerTitleMenu } from "./title.js";

customElements.define("theme-switch", ThemeSwitch);
customElements.define("side-bar", SideBar);
customElements.define("connection-status", ConnectionStatus);
customElements.define("message-thread", MessageThread);
customElements.define("message-composer", MessageComposer);

if (byId("thread")) startConversation(new Client(readPageData()));

/** @param {Client} client */
function startConversation(client) {
  const { signal } = new AbortController();
  const parts = { client, thread: byId("thread"), composer: byId("composer") };
  const announcer = new Announcer(byId("announcer"), byId("alerts"));

  parts.thread.start(client, announcer);
  parts.composer.start(client, parts.thread);
  byId("connection")?.start(client);
  /** @type {any} */ (document.querySelector("side-bar"))?.start(client);
  handleMessageActions(parts, signal);
  handleShortcuts(parts, signal);
  handlePage(parts, announcer, signal);
  client.socket.connect();
}

/** @param {any} parts @param {Announcer} announcer @param {AbortSignal} signal */
function handlePage(parts, announcer, signal) {
  const { client, thread, composer } = parts;
  const log = byId("log");
  if (restoreBranchPoint(log)) thread.follower.release();
  rememberBranchPoint(log, signal);
  rememberThinking(log, signal);
  previewPictures(document.body, signal);
  showCitationCards(log, (chip) => thread.sourceOf(chip), signal);
  loadEarlierMessages(client, thread.follower, signal);
  keepTitle(client, signal);
  log.addEventListener(
    "announce",
    (/** @type {CustomEvent} */ { detail }) => announcer.note(detail),
    { signal },
  );
  composer.addEventListener("edit-last", () => editLast(parts), { signal });
  byId("empty-state")?.addEventListener(
    "click",
    (/** @type {MouseEvent} */ { target }) => {
      const prompt = /** @type {HTMLElement | null} */ (
        /** @type {Element} */ (target).closest("[data-prompt]")
      );
      if (prompt) composer.fill(prompt.dataset.prompt ?? "");
    },
    { signal },
  );
  client.addEventListener(
    "event",
    (/** @type {Event} */ applied) =>
      answerEvent(parts, /** @type {CustomEvent} */ (applied).detail),
    { signal },
  );
  followAddress(client, signal);
}

/** @param {any} parts @param {{event: any, command: any}} applied */
function answerEvent(parts, { event, command }) {
  if (event.type === "message.accepted") accepted(parts, command);
  if (event.type === "command.rejected") {
    if (command) rejected(parts, event, command);
    // A turn that cannot be followed is watched anew; nobody asked for that by hand.
    else if (event.command !== "turn.resync") showToast(event.error.message, "error");
  }
  if (
    event.type === "conversation.changed" &&
    event.change === "deleted" &&
    event.conversation === parts.client.conversation
  )
    parts.composer.showError(
      "This conversation was deleted. Start a new one; what you wrote here stays in the box.",
    );
}

/** @param {any} parts @param {any} command ours, or undefined when another tab sent it */
function accepted({ client, composer }, command) {
  if (!command) return;
  const address = client.address("conversation");
  if (command.conversation === null) {
    history.pushState(null, "", address);
    composer.conversationChanged();
    offerTitleMenu(client);
  } else if (location.search) {
    // The new message is the newest of its branch: the address need not name one.
    history.replaceState(null, "", address);
  }
}

/** @param {any} parts @param {any} event @param {any} command */
function rejected({ client, thread, composer }, { error }, command) {
  const { conversation = null, text } = command;
  if (conversation !== client.conversation) {
    // Sent from a page that is gone: its text waits there as a draft.
    if (text && !client.drafts.read(conversation)) client.drafts.save(conversation, text);
    return;
  }
  const attachments = thread.attachmentsOf(command);
  thread.reject(command, error.message, composer.giveBack(command, attachments, error.message));
}

/** Back and forward may name another conversation than this document shows. */
/** @param {Client} client @param {AbortSignal} signal */
function followAddress(client, signal) {
  window.addEventListener(
    "popstate",
    () => {
      const shown = client.conversation ? client.address("conversation") : client.page.urls.home;
      if (location.pathname !== shown) location.reload();
    },
    { signal },
  );
}
