/** The browser's storages, or null where the browser forbids them. */

/** @param {"localStorage" | "sessionStorage"} name @returns {Storage | null} */
export function openStorage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}
