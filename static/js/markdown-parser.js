/**
 * Markdown source -> markdown-it tokens, in two steps so that a stream parses the inline
 * text of changed blocks only. conversations/rendering/markdown.py sets the same rules.
 */

import MarkdownIt from "../vendor/markdown-it/markdown-it.esm.min.mjs";
import { limitsPlugin } from "./markdown-limits.js";
import { CLOSE, OPEN, shadow } from "./markdown-markers.js";
import { mathPlugin } from "./markdown-math.js";

const blocks = makeParser(["normalize", "block"]);
const inlines = makeParser(["inline", "linkify", "drop_spelt_markers", "text_join"]);

/** Returns what the parser remembers between blocks of one text. */
export function newEnvironment({ references, tableCells = 0 } = {}) {
  return { references: Object.assign(Object.create(null), references), tableCells };
}

/** Returns block tokens; the inline ones among them have no children yet. */
export function parseBlocks(source, environment) {
  return blocks.parse(source, environment);
}

/** Fills in the children of an inline token. */
export function parseInline(token, environment) {
  token.children = [];
  const state = new inlines.core.State("", inlines, environment);
  state.tokens = [token];
  inlines.core.process(state);
}

/** Returns the source as the parser sees it, so that offsets can be kept. */
export function normalise(source) {
  const text = source.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
  return text.toWellFormed?.() ?? text;
}

function makeParser(coreRules) {
  const md = new MarkdownIt("default", { html: false, linkify: true });
  // Every link is kept and judged by safeHref when its element is built.
  md.validateLink = () => true;
  md.use(mathPlugin).use(limitsPlugin);
  md.core.ruler.before("text_join", "drop_spelt_markers", dropSpeltMarkers);
  md.core.ruler.enableOnly(coreRules);
  md.inline.State = stateWithShadow(md.inline.State);
  md.linkify = linkifierWithShadow(md.linkify);
  return md;
}

/** Removes marker characters that the text spells as entities. */
function dropSpeltMarkers(state) {
  for (const block of state.tokens) {
    for (const token of block.children ?? []) {
      if (token.type !== "text_special") continue;
      if (token.content === OPEN || token.content === CLOSE) token.content = "";
    }
  }
}

/** Judges the characters around an emphasis mark as if markers were spaces. */
function stateWithShadow(State) {
  return class extends State {
    scanDelims(start, canSplitWord) {
      const source = this.src;
      this.shadowSource ??= shadow(source);
      this.src = this.shadowSource;
      try {
        return super.scanDelims(start, canSplitWord);
      } finally {
        this.src = source;
      }
    }
  };
}

/** Finds bare addresses; a marker ends one as a space does. */
function linkifierWithShadow(linkify) {
  // Bare "//host" and ftp addresses would be refused as links anyway, and a guess at
  // "name.tld" takes file names such as README.md for hosts.
  // urlAuth: an address with "user@" is seen as one, and refused as one.
  linkify.add("//", null).add("ftp:", null).set({ fuzzyLink: false, urlAuth: true });
  return {
    test: (text) => linkify.test(shadow(text)),
    match: (text) => linkify.match(shadow(text)),
    matchAtStart: (text) => linkify.matchAtStart(shadow(text)),
  };
}
