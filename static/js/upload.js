/** Sends one file to the server, with progress. fetch() cannot tell how far it is. */

import { wordsFor } from "./fragments.js";
import { csrfToken } from "./page.js";

/**
 * @param {string} url
 * @param {File} file
 * @param {{progressed: (share: number) => void}} listener
 * @returns {{done: Promise<any>, cancel: () => void}} `done` rejects with words for people
 */
export function upload(url, file, { progressed }) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ lengthComputable, loaded, total }) =>
      lengthComputable && progressed(loaded / total);
    request.onload = () => settle(request, resolve, reject);
    request.onerror = () => reject(new Error(wordsFor(0)));
    request.send(formWith(file));
  });
  return { done, cancel: () => request.abort() };
}

/** @param {XMLHttpRequest} request @param {(attachment: any) => void} resolve @param {(error: Error) => void} reject */
function settle({ status, response }, resolve, reject) {
  if (status === 201 && response?.id) resolve(response);
  else reject(new Error(response?.error?.message ?? wordsFor(status)));
}

/** @param {File} file */
function formWith(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  return form;
}
