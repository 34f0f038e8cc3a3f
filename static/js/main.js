/** Puts the page together: every part is made here and told of the others here. */

import { Client } from "./client.js";
import { MessageComposer } from "./composer.js";
import {
  ConnectionStatus,
  handleShortcuts,
  keepTitle,
  offerTitleMenu,
  ServerNotice,
  SideBar,
  ThemeSwitch,
} from "./frame.js";
import { byId, loadPart, readPageData, showToast, withPart } from "./page.js";
import { MessageThread } from "./thread.js";

customElements.define("theme-switch", ThemeSwitch);
customElements.define("side-bar", SideBar);
customElements.define("connection-status", ConnectionStatus);
customElements.define("server-notice", ServerNotice);
customElements.define("message-thread", MessageThread);
customElements.define("message-composer", MessageComposer);

const SAFARI_IDLE_MS = 1_000; // ours: the first page is drawn by then

const loadActions = () => import("./message-actions.js");
const loadCompaction = () => import("./compaction.js");
const loadDelivery = () => import("./delivery.js");
const loadMeter = () => import("./context-meter.js");

if (byId("thread")) startConversation(new Client(readPageData()));

/** @param {Client} client */
function startConversation(client) {
  const { signal } = new AbortController();
  const parts = { client, thread: byId("thread"), composer: byId("composer") };

  parts.thread.start(client);
  parts.composer.start(client, () =>
    Promise.all([
      parts.thread.prepare(),
      client.prepare(),
      loadPart(loadDelivery),
      showMeter(parts, signal),
    ]),
  );
  byId("connection")?.start(client);
  byId("server-notice")?.start(client);
  /** @type {any} */ (document.querySelector("side-bar"))?.start(client);
  handleShortcuts(parts, signal);
  keepTitle(client, signal);
  handleLog(parts, signal);
  handlePage(parts, signal);
  handleUnsent(parts, signal);
  if (byId("suggestions"))
    withPart(
      () => import("./suggestions.js"),
      ({ offerSuggestions }) => offerSuggestions(byId("suggestions"), parts, signal),
    );
  handleCompactions(client, signal);
  client.takeOver();
  client.socket.connect();
  loadInTime(parts);
}

/** Sending works without it: what cannot be loaded now is tried again later. @param {any} parts @param {AbortSignal} signal */
function showMeter({ client, composer }, signal) {
  return loadMeter().then(
    ({ followDraft }) => followDraft({ client, composer, signal }),
    () => {},
  );
}

/** What sending needs is here before the network may be gone. @param {any} parts */
function loadInTime({ client, composer }) {
  // Safari has no requestIdleCallback.
  const whenIdle = window.requestIdleCallback ?? ((act) => setTimeout(act, SAFARI_IDLE_MS));
  client.socket.addEventListener("opened", () => whenIdle(() => composer.getReady()), { once: true });
}

/** What messages do when a person touches them is loaded then. @param {any} parts @param {AbortSignal} signal */
function handleLog(parts, signal) {
  const { client, thread } = parts;
  const log = byId("log");
  const on = (
    /** @type {string} */ type,
    /** @type {(target: Element, event: any) => void} */ act,
  ) =>
    log.addEventListener(type, (event) => act(/** @type {Element} */ (event.target), event), {
      signal,
    });

  on("click", (target) => {
    const button = /** @type {HTMLElement | null} */ (target.closest("article [data-action]"));
    const unsent = /** @type {HTMLElement | null} */ (target.closest("article[data-client-id]"));
    const action = button?.dataset.action;
    if (unsent && action && action !== "copy")
      withPart(loadDelivery, ({ act }) => act(action, unsent, parts));
    else if (button) withPart(loadActions, ({ act }) => act(button, parts));
    noteThinking(target);
  });
  on("keydown", (_target, event) => moveInToolbar(event));
  on("announce", (_target, { detail }) => thread.announce(detail));
  let hasCards = false;
  const showCards = (/** @type {Element} */ target) => {
    if (hasCards || !target.closest("a.citation")) return;
    withPart(
      () => import("./citations.js"),
      ({ showCitationCards }) => {
        // Pointing and focus may both have asked for it.
        if (!hasCards) showCitationCards(log, (chip) => thread.sourceOf(chip), signal);
        hasCards = true;
      },
    );
  };
  on("pointerover", showCards);
  on("focusin", showCards);
  if (byId("earlier"))
    withPart(
      () => Promise.all([import("./earlier.js"), thread.follow()]),
      ([{ loadEarlierMessages }, follower]) => loadEarlierMessages(client, follower, signal),
    );
}

/** A toolbar is walked through with the arrow keys. @param {KeyboardEvent} event */
function moveInToolbar(event) {
  const { target, key } = event;
  const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  const toolbar = /** @type {Element} */ (target).closest?.('[role="toolbar"]');
  if (!step || !toolbar || event.altKey || event.ctrlKey || event.metaKey) return;
  const buttons = /** @type {HTMLElement[]} */ ([
    ...toolbar.querySelectorAll("button:not([hidden])"),
  ]);
  const place = buttons.indexOf(/** @type {HTMLElement} */ (target)) + step;
  buttons.at(place % buttons.length)?.focus();
  event.preventDefault();
}

/** The click comes before the panel turns: what it is now is what it will not be. @param {Element} target */
function noteThinking(target) {
  const panel = target.closest("details.thinking > summary")?.parentElement;
  if (!panel) return;
  const isOpen = !(/** @type {HTMLDetailsElement} */ (panel).open);
  withPart(
    () => import("./thinking.js"),
    ({ rememberThinking }) => rememberThinking(isOpen),
  );
}

/** @param {any} parts @param {AbortSignal} signal */
function handlePage(parts, signal) {
  const { client, composer } = parts;
  const on = (
    /** @type {EventTarget | null} */ target,
    /** @type {string} */ type,
    /** @type {(event: any) => void} */ act,
  ) => target?.addEventListener(type, act, { signal });

  on(document.body, "click", previewPicture);
  on(composer, "edit-last", () => withPart(loadActions, ({ editLast }) => editLast(parts)));
  on(byId("composer-options"), "beforetoggle", () => {
    if (byId("json-example"))
      withPart(
        () => import("./json-options.js"),
        ({ offerSchema }) => offerSchema(client.page.urls.json_schema, signal),
      );
  });
  on(byId("retry-menu"), "click", ({ target }) => {
    const choice = target.closest("[data-model]");
    if (choice) withPart(loadActions, ({ retryWith }) => retryWith(choice, parts));
  });
  on(byId("empty-state"), "click", ({ target }) => {
    const prompt = target.closest("[data-prompt]");
    if (prompt) composer.fill(prompt.dataset.prompt);
  });
  on(client, "event", ({ detail }) => answerEvent(parts, detail));
  followAddress(client, signal);
  // A page that the browser keeps for "back" must not keep others from sending.
  on(window, "pagehide", () => client.rest());
  on(window, "pageshow", ({ persisted }) => persisted && client.resume());
}

/** @param {MouseEvent} event */
function previewPicture(event) {
  const link = /** @type {Element} */ (event.target).closest?.("a[data-preview]");
  // With a modifier the person wants what the browser does with links.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  withPart(
    () => import("./preview.js"),
    ({ showPicture }) => showPicture(/** @type {HTMLAnchorElement} */ (link)),
  );
}

/** @param {any} parts @param {{event: any, entry: any}} applied */
function answerEvent(parts, { event, entry }) {
  const { client, composer, thread } = parts;
  switch (event.type) {
    case "message.accepted":
      if (entry) accepted(parts, entry.command);
      break;
    case "command.rejected":
      if (entry) withPart(loadDelivery, ({ rejected }) => rejected(parts, entry));
      // A turn that cannot be followed is watched anew; nobody asked for that by hand.
      else if (event.command !== "turn.resync") showToast(event.error.message, "error");
      break;
    case "turn.retrying":
      withPart(
        () => import("./notices.js"),
        ({ retryInWords }) => thread.announce(retryInWords(event)),
      );
      break;
    case "turn.queued":
      thread.announce("Waiting for a free server.");
      break;
    case "conversation.changed":
      if (event.change === "deleted" && event.conversation === client.conversation)
        composer.showError(
          "This conversation was deleted. Start a new one; what you wrote here stays in the box.",
        );
  }
}

/** @param {any} parts @param {any} command */
function accepted({ client, composer }, command) {
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

/** What waits to be sent is shown and explained. @param {any} parts @param {AbortSignal} signal */
function handleUnsent(parts, signal) {
  const { client } = parts;
  const explain = () =>
    client.unsent.length && withPart(loadDelivery, (delivery) => delivery.showDeliveries(client));
  client.addEventListener("unsent", explain, { signal });
  for (const type of ["online", "offline"]) window.addEventListener(type, explain, { signal });
  const on = (/** @type {string} */ type, /** @type {"takeOver" | "giveUp"} */ act) =>
    client.addEventListener(
      type,
      (/** @type {any} */ { detail }) =>
        withPart(loadDelivery, (delivery) => delivery[act](parts, detail)),
      { signal },
    );
  on("found", "takeOver");
  on("lost", "giveUp");
}

/** @param {Client} client @param {AbortSignal} signal */
function handleCompactions(client, signal) {
  let { compactions } = client.state;
  client.addEventListener(
    "changed",
    () => {
      if (compactions === client.state.compactions) return;
      ({ compactions } = client.state);
      if (Object.keys(compactions).length)
        withPart(loadCompaction, ({ showCompactions }) => showCompactions(client));
    },
    { signal },
  );
  byId("compact-form")?.addEventListener(
    "submit",
    (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      byId("conversation-menu").hidePopover();
      withPart(loadCompaction, ({ compact }) => compact(client, client.state.leaf));
    },
    { signal },
  );
  byId("compact-itself-form")?.addEventListener(
    "change",
    ({ target }) => withPart(loadCompaction, (part) => part.compactItself(client, target)),
    { signal },
  );
}

/** Back and forward may name another conversation than this document shows. @param {Client} client @param {AbortSignal} signal */
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
