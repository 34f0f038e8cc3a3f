/** The chip that stands for a citation, as templates/conversations/blocks/chip.html. */

import { isExternal, safeHref } from "./markdown-urls.js";

/**
 * Returns the link to a source {number, title, where, href}. Without a usable href it
 * leads to the source's entry below the message.
 */
export function citationChip({ number, title, where, href }, messageId) {
  const target = href ? safeHref(href) : null;
  const chip = document.createElement("a");
  chip.className = "citation";
  chip.setAttribute("href", target ?? `#source-${messageId}-${number}`);
  if (target) {
    chip.target = "_blank";
    chip.rel = isExternal(target) ? "noopener noreferrer nofollow" : "noopener";
  }
  chip.dataset.source = number;
  const name = [title, where].filter(Boolean).join(", ");
  chip.setAttribute("aria-label", name ? `Source ${number}: ${name}` : `Source ${number}`);
  chip.textContent = number;
  return chip;
}
