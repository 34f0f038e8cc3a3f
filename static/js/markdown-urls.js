/** The one rule for addresses; conversations/rendering/urls.py holds the same. */

import { isLonger } from "./markdown-limits.js";

const MAX_HREF_LENGTH = 8000;

// Browsers drop tabs and line breaks inside an address and read "\" as "/"; the marks
// of writing direction make an address look like another one.
const FORBIDDEN =
  "\\x00-\\x20\\x7f-\\xa0\\\\\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f" +
  "\\u3000\\ufeff\\ud800-\\udfff\\ue000\\ue001";
const ALLOWED = new RegExp(
  "^(?:" +
    [
      // No "user@" before the host: it dresses one host up as another.
      `[hH][tT][tT][pP][sS]?://[^${FORBIDDEN}/?#@]+(?:[/?#][^${FORBIDDEN}]*)?`,
      `[mM][aA][iI][lL][tT][oO]:[^${FORBIDDEN}]+`,
      "[tT][eE][lL]:[0-9A-Za-z+().;=%*#\\-]+",
      `#[^${FORBIDDEN}]*`,
      `/(?:[^${FORBIDDEN}/][^${FORBIDDEN}]*)?`,
    ].join("|") +
    ")$",
  "u",
);

/** Returns the address when it may stand in a link, else null. */
export function safeHref(url) {
  return !isLonger(url, MAX_HREF_LENGTH) && ALLOWED.test(url) ? url : null;
}

/** Says whether a safe address leaves this site for a web page. */
export function isExternal(href) {
  return href.slice(0, 4).toLowerCase() === "http";
}
