/** What tests ask about the sources of a running answer. */

import { Sources } from "/static/js/sources.js";

/** Returns the number of each citation, and the sources. */
export function numbered(documents, citations) {
  const sources = new Sources(documents);
  const numbers = citations.map((citation) => sources.numberOf(citation));
  const count = Math.max(...numbers);
  return [numbers, Array.from({ length: count }, (_, place) => sources.get(place + 1))];
}
