/**
 * Pieces of pages from the server, as nodes.
 *
 * An XMLHttpRequest that asks for a document is the one way to parse HTML that
 * Trusted Types allow without a policy. Scripts in it never run.
 */

import { wordsFor } from "./page.js";

/** The server said no, or did not answer. `status` is 0 when it did not answer. */
export class FetchFailed extends Error {
  /** @param {number} status @param {string} message for people */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Fetch a fragment and return its body with the children ready to be inserted.
 *
 * @param {string} url
 * @returns {Promise<{body: HTMLElement, nodes: DocumentFragment}>}
 */
export async function fetchFragment(url) {
  const page = await load(url);
  const nodes = document.createDocumentFragment();
  for (const node of page.body.children) nodes.append(document.importNode(node, true));
  return { body: page.body, nodes };
}

/** @param {string} url @returns {Promise<Document>} */
function load(url) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.onload = () => {
      const problem = problemOf(request, url);
      if (problem) reject(problem);
      else resolve(/** @type {Document} */ (request.response));
    };
    request.onerror = () => reject(new FetchFailed(0, wordsFor(0)));
    request.send();
  });
}

/** @param {XMLHttpRequest} request @param {string} url */
function problemOf(request, url) {
  const asked = new URL(url, document.baseURI).pathname;
  // A person without a session is sent to the log-in page, which is no fragment.
  if (request.responseURL && new URL(request.responseURL).pathname !== asked)
    return new FetchFailed(401, wordsFor(401));
  if (request.status !== 200 || !request.response)
    return new FetchFailed(request.status, wordsFor(request.status));
  return null;
}
