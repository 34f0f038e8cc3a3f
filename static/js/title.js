/** The title of the conversation: shown, and changed in place. */

import { wordsFor } from "./fragments.js";
import { csrfToken } from "./page.js";
import { byId } from "./templates.js";
import { showToast } from "./toasts.js";

/** @param {import("./client.js").Client} client @param {AbortSignal} signal */
export function keepTitle(client, signal) {
  client.addEventListener(
    "changed",
    () => client.state.conversation && show(client.state.conversation.title),
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
  byId("conversation-menu").hidePopover();
  try {
    await post(client.address("rename"), title);
    // The server tells every tab, this one included; the person should not wait for that.
    show(title);
  } catch (error) {
    showToast(`The title was not changed. ${/** @type {Error} */ (error).message}`, "error");
  }
}

/** @param {string} url @param {string} title */
async function post(url, title) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const body = new URLSearchParams({ title });
  const response = await fetch(url, { method: "POST", headers, body, redirect: "manual" }).catch(
    () => null,
  );
  if (!response?.ok)
    throw new Error(wordsFor(response?.type === "opaqueredirect" ? 401 : (response?.status ?? 0)));
}

/** @param {string} title empty until there is one */
function show(title) {
  const words = title || "New conversation";
  byId("conversation-title").textContent = words;
  document.title = `${words} · Colloquy`;
  const field = byId("rename-title");
  if (field && document.activeElement !== field) field.value = title;
}
