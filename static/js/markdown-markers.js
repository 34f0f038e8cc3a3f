/**
 * Citation markers: private-use characters that hold a chip's place in Markdown.
 * A marker is U+E000, a decimal source number, U+E001. Only joinRun writes them;
 * conversations/rendering/markers.py holds the same rules.
 */

export const OPEN = "\ue000";
export const CLOSE = "\ue001";

const MARKER = /\ue000([0-9]{1,4})\ue001/g;
const PRIVATE = /[\ue000\ue001]/g;
const SHADOWED = /\ue000[0-9]{1,4}\ue001|[\ue000\ue001]/g;
// Lines that lose their meaning when anything follows them on the line.
const STANDS_ALONE = /^[ \t]*(?:`{3,}|~{3,}|[-=_*][-=_* \t]*|\$\$|\\\])[ \t]*$/;

/** Joins adjacent text blocks, each {text, sources: [number]}, into one source. */
export function joinRun(parts) {
  return parts.map(({ text, sources }) => withMarkers(text.replace(PRIVATE, ""), sources)).join("");
}

function withMarkers(text, sources) {
  if (!sources?.length) return text;
  const markers = sources.map((number) => OPEN + number + CLOSE).join("");
  let end = text.length;
  while (end > 0 && " \t\n".includes(text[end - 1])) end--;
  const body = text.slice(0, end);
  const space = text.slice(end);
  const lastLine = body.slice(body.lastIndexOf("\n") + 1);
  if (STANDS_ALONE.test(lastLine)) return `${body}\n\n${markers}${space || "\n\n"}`;
  if (lastLine.endsWith("|") && !lastLine.endsWith("\\|")) {
    return `${body.slice(0, -1)}${markers}|${space}`; // inside the last cell of a table
  }
  return body + markers + space;
}

/** Returns [text without markers, the numbers that stood in it]. */
export function splitMarkers(text) {
  if (!text.includes(OPEN) && !text.includes(CLOSE)) return [text, []];
  const numbers = Array.from(text.matchAll(MARKER), (match) => Number(match[1]));
  return [text.replace(MARKER, "").replace(PRIVATE, ""), numbers];
}

/** Returns text and source numbers in the order of the text. */
export function pieces(text) {
  if (!text.includes(OPEN) && !text.includes(CLOSE)) return [text];
  return text
    .split(MARKER)
    .map((piece, index) => (index % 2 ? Number(piece) : piece.replace(PRIVATE, "")));
}

/**
 * Returns the text with every marker as spaces, at the same positions. Rules that look
 * at neighbouring characters read the shadow.
 */
export function shadow(text) {
  if (!text.includes(OPEN) && !text.includes(CLOSE)) return text;
  return text.replace(SHADOWED, (marker) => " ".repeat(marker.length));
}
