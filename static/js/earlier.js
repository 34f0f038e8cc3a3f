/** Loads earlier messages when a person scrolls up to them, or presses the button. */

import { fetchFragment } from "./fragments.js";
import { byId, showToast, withPart } from "./page.js";

const MARGIN = "600px 0px 0px 0px"; // ours: loaded before the edge comes into view

/**
 * @param {import("./client.js").Client} client
 * @param {import("./scrolling.js").Follower} follower
 * @param {AbortSignal} signal
 */
export function loadEarlierMessages(client, follower, signal) {
  let isLoading = false;
  const observer = new IntersectionObserver(
    (entries) => entries.some(({ isIntersecting }) => isIntersecting) && load(),
    { root: byId("log"), rootMargin: MARGIN },
  );
  signal.addEventListener("abort", () => observer.disconnect());
  byId("log").addEventListener("click", pressed, { signal });
  // The newest messages stand at the end; until then the view begins at the top.
  requestAnimationFrame(watch);

  function watch() {
    const earlier = byId("earlier");
    if (earlier && !earlier.hidden) observer.observe(earlier);
  }

  /** @param {MouseEvent} event */
  function pressed(event) {
    if (!(/** @type {Element} */ (event.target).closest("#load-earlier"))) return;
    event.preventDefault();
    load();
  }

  async function load() {
    const earlier = byId("earlier");
    if (!earlier || isLoading) return;
    isLoading = true;
    observer.disconnect();
    try {
      const { nodes } = await fetchFragment(addressBefore(earlier.dataset.before));
      insert(earlier, nodes);
      requestAnimationFrame(watch);
    } catch (error) {
      // The button stays: pressing it tries again.
      showToast(
        `Earlier messages could not be loaded. ${/** @type {Error} */ (error).message}`,
        "error",
      );
    }
    isLoading = false;
  }

  /** @param {string} before */
  function addressBefore(before) {
    const query = new URLSearchParams({ before, ...(client.leaf ? { leaf: client.leaf } : {}) });
    return `${client.address("messages")}?${query}`;
  }

  /** @param {HTMLElement} earlier @param {DocumentFragment} nodes */
  function insert(earlier, nodes) {
    const articles = /** @type {HTMLElement[]} */ ([...nodes.querySelectorAll(":scope > article")]);
    const hadFocus = earlier.contains(document.activeElement);
    client.prepend(articles.flatMap(messagesOf));
    follower.keepPlace(() => earlier.replaceWith(nodes));
    if (articles.some((article) => article.querySelector(".code, .math")))
      withPart(
        () => import("./enhance.js"),
        ({ enhance }) => articles.forEach((article) => enhance(article)),
      );
    if (hadFocus) byId("log").focus({ preventScroll: true });
  }
}

/** The messages that an article stands for. @param {HTMLElement} article @returns {any[]} */
function messagesOf({ dataset, id: article }) {
  if (!dataset.turn)
    return [{ id: dataset.message, role: "user", parent: dataset.parent || null, turn: null }];
  const ids = (dataset.messages ?? "").split(" ").filter(Boolean);
  return ids.map((id) => ({ id, role: "assistant", turn: dataset.turn, article }));
}
