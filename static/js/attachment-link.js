/** Attachments in words and as links. */

import { clone, fill } from "./page.js";

const KINDS = new Set(["image", "pdf", "text"]);
// As conversations/models/attachment.py calls them.
/** @type {Record<string, string>} */
const FORMATS = {
  docx: "Word document",
  xlsx: "Excel workbook",
  pptx: "PowerPoint presentation",
  html: "web page",
};
const KIB = 1024;

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
  // The template has both: which one a file gets is known only now.
  if (attachment.thumbnail_href) link.querySelector(".attachment__icon")?.remove();
  fill(link, "name", attachment.name);
  fill(link, "facts", factsOf(attachment));
  return link;
}

/**
 * Build the links to the file that a text was made of, and to where it came from.
 *
 * @param {{original_href?: string, source_url?: string}} attachment
 */
export function originLinks({ original_href: original, source_url: source }) {
  const links = [];
  if (original) links.push(originLink(original, "Original", { download: "" }));
  if (source) {
    const words = `From ${new URL(source).hostname}`;
    const rel = "noopener noreferrer nofollow";
    links.push(originLink(source, words, { target: "_blank", rel }));
  }
  return links;
}

/** @param {string} href @param {string} words @param {Partial<HTMLAnchorElement>} how */
function originLink(href, words, how) {
  const link = document.createElement("a");
  link.className = "attachment__origin";
  link.textContent = words;
  return Object.assign(link, { href }, how);
}

/** @param {HTMLImageElement | null} image @param {string | null | undefined} href */
export function showThumbnail(image, href) {
  if (!image) return;
  image.hidden = !href;
  if (href) image.src = href;
}

/**
 * "12 pages · 1.2 MB" or "800 × 600 · 41 KB", as the server's partial says it.
 * @param {{converted_from?: string, pages?: number, width?: number, height?: number, size_bytes?: number}} attachment
 */
export function factsOf({ converted_from, pages, width, height, size_bytes }) {
  const measure = pages
    ? `${pages} ${pages === 1 ? "page" : "pages"}`
    : width && height && `${width} × ${height}`;
  const format = converted_from && FORMATS[converted_from];
  return [format || measure, size_bytes === undefined ? "" : sizeOf(size_bytes)].filter(Boolean).join(" · ");
}

/** @param {number} bytes */
export function sizeOf(bytes) {
  if (bytes < KIB) return `${bytes} B`;
  if (bytes < KIB * KIB) return `${Math.round(bytes / KIB)} KB`;
  return `${(bytes / KIB / KIB).toFixed(1)} MB`;
}
