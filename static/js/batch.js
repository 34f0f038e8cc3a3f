/** Keeps the page of a batch that is under way up to date. */

import { fetchFragment } from "./fragments.js";

const MS = 1_000;

watch();

function watch() {
  const seconds = Number(document.getElementById("batch")?.dataset.refreshSeconds);
  if (seconds) setTimeout(refresh, seconds * MS);
}

/** Nothing is replaced under a person's hands: a focused control waits for its turn. */
async function refresh() {
  const shown = document.getElementById("batch");
  const isBusy = shown?.contains(document.activeElement) || document.hidden;
  if (shown && !isBusy) {
    try {
      const { nodes } = await fetchFragment(location.href);
      const fresh = nodes.querySelector("#batch");
      if (fresh) shown.replaceWith(fresh);
    } catch {
      // The next time is soon.
    }
  }
  watch();
}
