/** What becomes of commands that the server does not have: shown, explained, given back. */

import { showToast, slot } from "./page.js";
import { showDelivery } from "./user-message.js";

/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./message-actions.js").Parts} Parts */
/** @typedef {import("./outbox.js").Unsent} Unsent */

/** Show and send what another tab left. @param {Parts} parts @param {Unsent[]} entries */
export async function takeOver({ client, thread }, entries) {
  // What draws them may be out of reach; they are sent all the same.
  await thread.prepare().catch(() => {});
  client.admit(entries);
}

/** Another tab sends them now. @param {Parts} parts @param {Unsent[]} entries */
export function giveUp({ thread }, entries) {
  for (const { command } of entries) thread.reject(command);
}

/** The server has refused a command, for now or for good. @param {Parts} parts @param {Unsent} entry */
export function rejected(parts, entry) {
  const { client, thread, composer } = parts;
  if (!entry.error) {
    if (entry.tries === 1) thread.announce(`The message waits. ${entry.reason.message}`);
  } else if (!client.shows(entry)) rejectedElsewhere(parts, entry);
  else if (composer.giveBack(entry)) withdraw(parts, entry);
}

/**
 * It was sent for a page that is gone: what was written waits there, or on the page of a
 * new conversation when there is no "there" any more.
 *
 * @param {Parts} parts
 * @param {Unsent} entry
 */
function rejectedElsewhere(parts, entry) {
  const { text } = entry.command;
  if (text && entry.error.type !== "not_found") {
    showToast(`A message in another conversation was not sent. ${entry.error.message}`, "error");
    return;
  }
  withdraw(parts, entry);
  if (!text) return;
  parts.composer.keepDraft(text);
  showToast("A message was not sent. Its text waits on the page of a new conversation.", "error");
}

/** @param {Parts} parts @param {Unsent} entry */
function withdraw({ client, thread }, { command }) {
  client.outbox?.take(command.client_id);
  thread.reject(command);
}

/** Do what a button of an unsent command says. @param {string | undefined} action @param {HTMLElement} article @param {Parts} parts */
export function act(action, { dataset: { clientId } }, parts) {
  const { client, composer } = parts;
  const entry = client.outbox?.get(clientId);
  if (!entry) return;
  if (action === "resend") client.outbox?.resend(entry);
  // An unsent message is edited by taking it back.
  const isWanted = action === "withdraw" || action === "edit";
  if (isWanted && composer.takeBack(entry)) withdraw(parts, entry);
}

/** Say of each unsent command on the page how it is doing, and offer what can be done. @param {Client} client */
export function showDeliveries(client) {
  for (const entry of client.unsent) {
    const { client_id: id } = entry.command;
    const [first, second] = /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll(`article[data-client-id="${CSS.escape(id)}"]`)
    );
    if (!first) continue;
    const words = deliveryInWords(entry, client);
    first.dataset.state = entry.error ? "failed" : words ? "waiting" : "sending";
    showDelivery(first, words, { canResend: Boolean(entry.error), canWithdraw: words !== "" });
    const answer = second ?? first;
    if (second) second.hidden = words !== "";
    slot(answer, "waiting").hidden = words !== "";
  }
}

/** Why a command is not on its way; empty when it is. @param {Unsent} entry @param {Client} client */
export function deliveryInWords({ error, isOut, reason }, { socket, isRestarting }) {
  if (error) return `Not sent. ${error.message}`;
  if (isOut) return "";
  return `Waiting to be sent. ${socket.isOpen ? standstill(reason) : silence(socket, isRestarting)}`;
}

/** @param {any} reason of the server, if it gave one */
function standstill(reason) {
  return reason?.message ?? "It goes when Claude has answered what stands before it.";
}

/** @param {import("./socket.js").Socket} socket @param {boolean} isRestarting */
function silence({ phase }, isRestarting) {
  if (phase === "logged_out") return "You are logged out: log in again.";
  if (!navigator.onLine) return "You are offline.";
  return isRestarting ? "The server is restarting." : "There is no connection to the server.";
}
