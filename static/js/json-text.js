/**
 * Answers in JSON, shown as code while they come;
 * conversations/rendering/json_answers.py holds the same rules.
 */

const FENCE = "~".repeat(20); // longer than any that an answer holds by chance
const INDENT = "  ";
const MAX_INDENTED = 40; // levels; deeper ones are not moved further to the right

/**
 * Return the Markdown of a code block for JSON; other text as it is.
 *
 * @param {string} text all of the answer so far
 */
export function inCode(text) {
  return /^[ \t\r\n]*[{[]/.test(text) ? `${FENCE}json\n${laidOut(text)}` : text;
}

/**
 * Return JSON, or the beginning of it, with line breaks and indents. Only white space
 * changes: numbers, escapes and the order of keys stay as they came.
 *
 * @param {string} text
 */
export function laidOut(text) {
  /** @type {string[]} */
  const parts = [];
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let hasOpened = false; // a bracket that may turn out to be empty
  for (const character of text) {
    if (inString) {
      parts.push(character);
      if (isEscaped || character === "\\") isEscaped = !isEscaped;
      else if (character === '"') inString = false;
      continue;
    }
    if (" \t\r\n".includes(character)) continue;
    if ("}]".includes(character)) {
      depth = Math.max(0, depth - 1);
      parts.push(hasOpened ? character : line(depth) + character);
      hasOpened = false;
      continue;
    }
    if (hasOpened) parts.push(line(depth));
    hasOpened = "{[".includes(character);
    parts.push(spaced(character, depth));
    inString = character === '"';
    if (hasOpened) depth += 1;
  }
  return parts.join("");
}

/** @param {number} depth */
function line(depth) {
  return `\n${INDENT.repeat(Math.min(depth, MAX_INDENTED))}`;
}

/** @param {string} character @param {number} depth */
function spaced(character, depth) {
  if (character === ",") return `,${line(depth)}`;
  return character === ":" ? ": " : character;
}
