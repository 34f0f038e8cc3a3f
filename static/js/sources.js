/**
 * Numbers the citations of a running answer, as the server does for a finished one
 * (conversations/rendering/citations.py).
 *
 * @typedef {{number: number, title: string, where: string, quote: string, href: string | null}} Source
 */

import { safeHref } from "./markdown-urls.js";

/** The sources of one answer, numbered from 1 in the order of their first use. */
export class Sources {
  #documents;
  /** @type {Map<string, Source>} */
  #byPlace = new Map();

  /** @param {any[]} documents of the turn, by Claude's document_index */
  constructor(documents) {
    this.#documents = documents ?? [];
  }

  /** Return the number of a citation's source. @param {any} citation */
  numberOf(citation) {
    const place = placeOf(citation);
    const known = this.#byPlace.get(place);
    if (known) return known.number;
    const source = { number: this.#byPlace.size + 1, ...describe(citation, this.#documents) };
    this.#byPlace.set(place, source);
    return source.number;
  }

  /** @param {number} number @returns {Source | undefined} */
  get(number) {
    return [...this.#byPlace.values()][number - 1];
  }
}

/** Two citations of one place share a number. @param {any} citation */
function placeOf({ cited_text, encrypted_index, file_id, document_title, ...place }) {
  const { type, source, title } = place;
  // As for a page of the web: whatever is quoted of it, it is one source.
  return JSON.stringify(type === "search_result_location" ? { source, title } : place);
}

/** @param {any} citation @param {any[]} documents */
function describe(citation, documents) {
  const known = documents[citation.document_index];
  const where = whereOf(citation);
  return {
    title: known?.title || citation.document_title || citation.title || where,
    where,
    quote: citation.cited_text ?? "",
    href: hrefOf(citation, known),
  };
}

/** @param {any} citation */
function whereOf(citation) {
  switch (citation.type) {
    case "page_location":
      // The API's end is exclusive, here and for blocks.
      return span("page", citation.start_page_number, citation.end_page_number - 1);
    case "char_location":
      return `characters ${citation.start_char_index}-${citation.end_char_index}`;
    case "content_block_location":
      return span("block", citation.start_block_index + 1, citation.end_block_index);
    default:
      return placeNameOf(citation);
  }
}

/** @param {string} noun @param {number} first @param {number} last */
function span(noun, first, last) {
  return last > first ? `${noun}s ${first}-${last}` : `${noun} ${first}`;
}

/** @param {any} citation @param {any} known the document it points into */
function hrefOf(citation, known) {
  const url = citation.url || citation.source;
  if (url) return safeHref(url);
  if (!known?.href) return null;
  return citation.type === "page_location"
    ? `${known.href}#page=${citation.start_page_number}`
    : known.href;
}

/** A search result need not come from the web: its source may be any name. @param {any} citation */
function placeNameOf({ url, source }) {
  const address = url || source || "";
  return (URL.canParse(address) && new URL(address).hostname) || source || "";
}
