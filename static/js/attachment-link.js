/** Attachments in words and as links. */

import { clone, fill } from "./page.js";

const KINDS = new Set(["image", "pdf", "text"]);

/**
 * Build the link to an attachment that stands in a message.
 *
 * @param {any} attachment as in docs/protocol.md
 */
export function attachmentLink(attachment) {
  const link = /** @type {HTMLAnchorElement} */ (
    clone(`template-attachment-${KINDS.has(attachment.kind) ? attachment.kind : "text"}`)
  );
  link.dataset.attachment = attachment.id;
  link.href = attachment.href;
  showThumbnail(link.querySelector("img"), attachment.thumbnail_href);
  fill(link, "name", attachment.name);
  fill(link, "facts", factsOf(attachment));
  return link;
}

/** @param {HTMLImageElement | null} image @param {string | null | undefined} href */
export function showThumbnail(image, href) {
  if (!image) return;
  image.hidden = !href;
  if (href) image.src = href;
}

/** "12 pages · 1.2 MB". @param {{pages?: number, size_bytes?: number}} attachment */
export function factsOf({ pages, size_bytes }) {
  const count = pages ? `${pages} ${pages === 1 ? "page" : "pages"}` : "";
  return [count, size_bytes === undefined ? "" : sizeOf(size_bytes)].filter(Boolean).join(" · ");
}

/** @param {number} bytes */
export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
