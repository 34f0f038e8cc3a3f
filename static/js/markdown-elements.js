/**
 * Tokens -> DOM nodes: the one list of elements and attributes that an answer may
 * contain. conversations/rendering/elements.py writes the same elements as HTML.
 */

import { MAX_INLINE_DEPTH } from "./markdown-limits.js";
import { pieces, splitMarkers } from "./markdown-markers.js";
import { parseInline } from "./markdown-parser.js";
import { isExternal, safeHref } from "./markdown-urls.js";

// A message's own heading is an h3, so an answer's begin at h4.
const TOP_HEADING = 4;
const LAST_HEADING = 6;
const LANGUAGE = /^[A-Za-z0-9_+#.-]{1,40}$/;
const TASK = /^\[([ xX])\][ \t\n]/;

/**
 * The heading level that becomes an h4: the first one, whatever its level, so that none
 * is skipped; the others keep their distance from it.
 */
export function firstHeadingLevel(tokens) {
  const first = tokens.find(({ type }) => type === "heading_open");
  return first ? Number(first.tag.slice(1)) : null;
}

/** Returns a fragment of the nodes that these block tokens stand for. */
export function buildElements(tokens, { environment, chip = null, topHeading = null }) {
  const fragment = document.createDocumentFragment();
  new Builder(fragment, environment, chip, topHeading ?? firstHeadingLevel(tokens)).build(tokens);
  return fragment;
}

class Builder {
  #parents;
  #environment;
  #chip;
  #topHeading;
  #task = "";
  #inlineDepth = 0;
  #held = []; // sources cited inside a link, shown behind it
  #linkDepth = 0;

  constructor(parent, environment, chip, topHeading) {
    this.#parents = [parent];
    this.#environment = environment;
    this.#chip = chip;
    this.#topHeading = topHeading;
  }

  build(tokens) {
    tokens.forEach((token, index) => {
      if (!token.hidden) this.#addBlock(token, tokens, index);
    });
  }

  get #parent() {
    return this.#parents.at(-1);
  }

  #open(tag, attributes = {}) {
    const child = element(tag, attributes);
    this.#parent.append(child);
    this.#parents.push(child);
    return child;
  }

  #close() {
    this.#parents.pop();
  }

  #addBlock(token, tokens, index) {
    switch (token.type) {
      case "inline":
        return this.#addInline(token);
      case "heading_open":
        return this.#openHeading(Number(token.tag.slice(1)));
      case "ordered_list_open":
        return this.#open("ol", { dir: "auto", start: token.attrGet("start") });
      case "list_item_open":
        return this.#openItem(tokens[index + 1], tokens[index + 2]);
      case "table_open":
        this.#open("div", { class: "table", role: "group", "aria-label": "Table", tabindex: "0" });
        return this.#open("table", { dir: "auto" });
      case "table_close":
        this.#close();
        return this.#close();
      case "th_open":
      case "td_open":
        return this.#openCell(token);
      case "fence":
      case "code_block":
        return this.#addCodeBlock(token);
      case "math_block":
        return this.#addMathBlock(token);
      case "plain":
        this.#open("p", { dir: "auto" });
        this.#addText(token.content);
        return this.#close();
      case "hr":
        return this.#parent.append(element("hr"));
      case "paragraph_open":
      case "blockquote_open":
      case "bullet_list_open":
        return this.#open(token.tag, { dir: "auto" });
      case "thead_open":
      case "tbody_open":
      case "tr_open":
        return this.#open(token.tag);
      default:
        if (token.nesting < 0) this.#close();
    }
  }

  #openHeading(level) {
    const shifted = level + TOP_HEADING - this.#topHeading;
    const shown = Math.min(Math.max(shifted, TOP_HEADING), LAST_HEADING);
    this.#open(`h${shown}`, { class: `heading heading--${level}`, dir: "auto" });
  }

  #openItem(paragraph, inline) {
    this.#task = taskMark(paragraph, inline, this.#environment);
    this.#open("li", { class: this.#task ? "task" : null });
  }

  #openCell(token) {
    const align = (token.attrGet("style") ?? "").replace("text-align:", "");
    this.#open(token.tag, {
      scope: token.tag === "th" ? "col" : null,
      class: align ? `align-${align}` : null,
    });
  }

  #addCodeBlock(token) {
    const [text, numbers] = splitMarkers(token.content);
    const { block, code } = codeBlock(token.info);
    code.textContent = text;
    this.#parent.append(block);
    this.#addCitations(numbers);
  }

  #addMathBlock(token) {
    const [tex, numbers] = splitMarkers(token.content);
    const formula = element("div", { class: "math math--display", "data-tex": "" });
    formula.textContent = tex;
    this.#parent.append(formula);
    this.#addCitations(numbers);
  }

  #addCitations(numbers) {
    if (!numbers.length || !this.#chip) return;
    this.#open("p", { class: "citations" });
    this.#addChips(numbers);
    this.#close();
  }

  #addChips(numbers) {
    if (this.#linkDepth) {
      this.#held.push(...numbers); // a link may not hold another one
    } else if (this.#chip) {
      for (const number of numbers) this.#parent.append(this.#chip(number) ?? "");
    }
  }

  #addInline(token) {
    if (!token.children?.length) parseInline(token, this.#environment);
    if (this.#task) {
      this.#parent.append(checkBox(this.#task));
      // "[x]" leaves, the space behind it stays between box and text.
      const first = token.children[0];
      first.content = first.content.slice(3);
      this.#task = "";
    }
    for (const child of token.children) this.#addInlineToken(child);
  }

  #addInlineToken(token) {
    switch (token.type) {
      case "softbreak":
        return this.#parent.append("\n");
      case "hardbreak":
        return this.#parent.append(element("br"));
      case "code_inline":
        return this.#addAround("code", {}, token.content);
      case "math_inline": {
        const display = token.markup === "$$" || token.markup === "\\[";
        const name = display ? "math math--display" : "math";
        return this.#addAround("span", { class: name, "data-tex": "" }, token.content);
      }
      case "image":
        return this.#addImage(token);
      case "link_open":
        this.#openInline("a", linkAttributes(token), "");
        this.#linkDepth++;
        return undefined;
      case "link_close":
        this.#closeInline("");
        this.#linkDepth--;
        return this.#addChips(this.#held.splice(0));
      case "em_open":
      case "strong_open":
      case "s_open":
        return this.#openInline(token.tag, {}, token.markup);
      case "em_close":
      case "strong_close":
      case "s_close":
        return this.#closeInline(token.markup);
      default:
        return this.#addText(token.content);
    }
  }

  #addText(text) {
    for (const piece of pieces(text)) {
      if (typeof piece === "number") this.#addChips([piece]);
      else if (piece) this.#parent.append(piece);
    }
  }

  #addAround(tag, attributes, text) {
    const [content, numbers] = splitMarkers(text);
    const child = element(tag, attributes);
    child.textContent = content;
    this.#parent.append(child);
    this.#addChips(numbers);
  }

  /** Adds a link: loading a picture would tell its server what was said. */
  #addImage(token) {
    const [text, numbers] = splitMarkers(plainText(token.children ?? []));
    const label = text || (token.attrGet("src") ?? "");
    if (this.#linkDepth) {
      this.#parent.append(label);
    } else {
      const link = element("a", { class: "remote-image", ...linkAttributes(token) });
      link.textContent = label;
      this.#parent.append(link);
    }
    this.#addChips(numbers);
  }

  #openInline(tag, attributes, markup) {
    this.#inlineDepth++;
    if (this.#inlineDepth <= MAX_INLINE_DEPTH) this.#open(tag, attributes);
    else this.#parent.append(markup);
  }

  #closeInline(markup) {
    if (this.#inlineDepth <= MAX_INLINE_DEPTH) this.#close();
    else this.#parent.append(markup);
    this.#inlineDepth--;
  }
}

/** Returns the parts of a code block: {block, code}; the text goes into `code`. */
export function codeBlock(info) {
  const language = languageOf(info);
  const block = element("div", { class: "code" });
  const bar = element("div", { class: "code__bar" });
  const name = element("span", { class: "code__language" });
  const scroll = element("div", {
    class: "code__scroll",
    role: "group",
    tabindex: "0",
    "aria-label": language ? `Code, ${language}` : "Code",
  });
  const pre = element("pre");
  const code = element("code", { class: language ? `language-${language}` : null });
  name.textContent = language;
  bar.append(name);
  pre.append(code);
  scroll.append(pre);
  block.append(bar, scroll);
  return { block, code };
}

function languageOf(info) {
  const word = info.trim().split(/\s+/)[0];
  return LANGUAGE.test(word) ? word : "";
}

/** Returns the mark of the task list item that these tokens begin, or "". */
function taskMark(paragraph, inline, environment) {
  if (paragraph?.type !== "paragraph_open") return "";
  const found = TASK.exec(inline.content);
  if (!found) return "";
  parseInline(inline, environment);
  const first = inline.children[0];
  // Not a link: `[x]` can be defined as one.
  return first?.type === "text" && first.content.startsWith(found[0].slice(0, 3)) ? found[1] : "";
}

function checkBox(mark) {
  const done = mark !== " ";
  return element("input", {
    type: "checkbox",
    disabled: "",
    checked: done ? "" : null,
    "aria-label": done ? "Done" : "To do",
  });
}

function linkAttributes(token) {
  const [url] = splitMarkers(token.attrGet("href") ?? token.attrGet("src") ?? "");
  const href = safeHref(url);
  const external = href !== null && isExternal(href);
  const title = token.attrGet("title");
  return {
    href,
    target: external ? "_blank" : null,
    rel: external ? "noopener noreferrer nofollow" : null,
    title: title ? splitMarkers(title)[0] : null,
  };
}

/** Returns the text of an image's description, without its markup. */
function plainText(tokens) {
  return tokens
    .map((token) => {
      if (token.type === "softbreak" || token.type === "hardbreak") return "\n";
      return token.type === "image" ? plainText(token.children ?? []) : token.content;
    })
    .join("");
}

function element(tag, attributes = {}) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) created.setAttribute(name, value);
  }
  return created;
}
