/** What the server told the page about itself (`#page-data`), and its addresses. */

const FIRST_ID = "00000000-0000-0000-0000-000000000000";
const SECOND_ID = "11111111-1111-1111-1111-111111111111";

/** @returns {any} */
export function readPageData() {
  return JSON.parse(document.getElementById("page-data")?.textContent ?? "{}");
}

/**
 * Return an address from page data with the ids put in.
 *
 * @param {any} page
 * @param {string} name
 * @param {string | null} [first]
 * @param {string | null} [second]
 * @returns {string}
 */
export function addressOf(page, name, first, second) {
  return page.urls[name].replace(FIRST_ID, first ?? "").replace(SECOND_ID, second ?? "");
}

/** Where the socket is: the page's own host. @param {any} page */
export function socketAddress(page) {
  const url = new URL(page.urls.socket, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** The token that every POST needs. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}
