/** What tests ask about rendered answers: a canonical form, and what is forbidden. */

import { highlightCode } from "/static/js/highlight-code.js";
import { MarkdownStream, renderMarkdown } from "/static/js/markdown.js";
import { drawFormula } from "/static/js/math-drawing.js";

const ELEMENTS = {
  a: ["class", "href", "target", "rel", "title", "aria-label", "data-source"],
  blockquote: ["dir"],
  br: [],
  code: ["class"],
  div: ["class", "role", "tabindex", "aria-label", "data-tex"],
  em: [],
  h4: ["class", "dir"],
  h5: ["class", "dir"],
  h6: ["class", "dir"],
  hr: [],
  input: ["type", "disabled", "checked", "aria-label"],
  li: ["class"],
  ol: ["dir", "start"],
  p: ["class", "dir"],
  pre: [],
  s: [],
  span: ["class", "data-tex"],
  strong: [],
  table: ["dir"],
  tbody: [],
  td: ["class"],
  th: ["class", "scope"],
  thead: [],
  tr: [],
  ul: ["dir"],
};
const CLASS = /^[A-Za-z0-9_+#. -]+$/;

/**
 * Returns one line per node, indented by depth. Attributes are sorted, neighbouring
 * texts joined, and the spans that hold growing code are looked through.
 */
export function canonical(node) {
  const lines = [];
  walk(node, 0, lines);
  return lines.join("\n");
}

function walk(node, depth, lines) {
  let text = "";
  const flush = () => {
    if (text) lines.push(`${"  ".repeat(depth)}${JSON.stringify(text)}`);
    text = "";
  };
  for (const child of flattened(node)) {
    if (child.nodeType === Node.TEXT_NODE) {
      text += child.data;
      continue;
    }
    flush();
    const attributes = [...(child.attributes ?? [])].map(
      ({ name, value }) => ` ${name}=${JSON.stringify(value)}`,
    );
    lines.push(`${"  ".repeat(depth)}<${child.nodeName.toLowerCase()}${attributes.sort().join("")}>`);
    walk(child, depth + 1, lines);
  }
  flush();
}

function flattened(node) {
  return [...node.childNodes].flatMap((child) =>
    child.className === "code__chunk" ? flattened(child) : [child],
  );
}

/** Returns what no answer may contain, as text. */
export function forbidden(root) {
  const found = [];
  for (const element of root.querySelectorAll("*")) {
    if (element.className === "code__chunk") continue;
    const name = element.localName;
    const allowed = ELEMENTS[name];
    if (!allowed || element.namespaceURI !== "http://www.w3.org/1999/xhtml") {
      found.push(`<${name}>`);
      continue;
    }
    for (const { name: attribute, value } of element.attributes) {
      if (!allowed.includes(attribute)) found.push(`${name} ${attribute}=${value}`);
      if (attribute === "class" && !CLASS.test(value)) found.push(`${name} class=${value}`);
    }
    const scheme = name === "a" && element.hasAttribute("href") ? element.protocol : null;
    if (scheme && !["http:", "https:", "mailto:", "tel:"].includes(scheme)) found.push(element.href);
    if (scheme?.startsWith("http") && !isHonest(element)) found.push(`address ${element.href}`);
  }
  return found;
}

/** A link either stays on the site or says by its text that it is an absolute address. */
function isHonest(link) {
  const external = /^https?:\/\/[^/]/i.test(link.getAttribute("href"));
  const local = link.origin === location.origin && !link.target;
  return external ? link.rel.includes("noreferrer") && link.target === "_blank" : local;
}

export function chip(number) {
  const link = document.createElement("a");
  link.className = "citation";
  link.setAttribute("href", `#source-${number}`);
  link.textContent = number;
  return link;
}

/** Returns the canonical form of the browser's rendering. */
export function browserForm(source) {
  return canonical(renderMarkdown(source, { chip }));
}

/** Returns the canonical form of the HTML that the server gives at `path`. */
export async function serverForm(path) {
  return canonical(await serverBody(path));
}

export function serverBody(path) {
  return new Promise((resolve, reject) => {
    // The one way to parse HTML that Trusted Types allow without a policy.
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.addEventListener("load", () => resolve(request.response.body));
    request.addEventListener("error", reject);
    request.open("GET", path);
    request.send();
  });
}

/** Puts both renderings into the page and returns what is forbidden in them. */
export async function showBoth(source, path) {
  const root = document.getElementById("root");
  const server = document.createElement("section");
  server.append(...document.importNode(await serverBody(path), true).childNodes);
  const browser = document.createElement("section");
  browser.append(renderMarkdown(source, { chip }));
  root.append(server, browser);
  return [...forbidden(server), ...forbidden(browser)];
}

/**
 * Streams a text in pieces of some characters, flushing after each. Returns what went
 * wrong: forbidden nodes, and flushes after which the DOM was not that of the text so far.
 */
export function streamProblems(source, step, comparePrefixes) {
  const root = document.getElementById("root");
  root.replaceChildren();
  const stream = new MarkdownStream(root, { chip });
  const problems = [];
  for (let end = step; end < source.length + step; end += step) {
    const text = source.slice(0, end);
    stream.append(source.slice(end - step, end));
    stream.flush();
    problems.push(...forbidden(root).map((what) => `${what} after ${end}`));
    if (comparePrefixes && canonical(root) !== browserForm(text)) {
      problems.push(`after ${JSON.stringify(text)}:\n${canonical(root)}\nnot\n${browserForm(text)}`);
      break;
    }
  }
  stream.finish();
  if (canonical(root) !== browserForm(source)) {
    problems.push(`finished:\n${canonical(root)}\nnot\n${browserForm(source)}`);
  }
  return problems;
}

/**
 * Renders every text, draws its formulas and colours its code. Returns what is forbidden
 * in the outcome, apart from what KaTeX and highlight.js draw with.
 */
export async function enhanceAll(sources) {
  const root = document.getElementById("root");
  const found = [];
  for (const source of sources) {
    root.replaceChildren(renderMarkdown(source, { chip }));
    for (const formula of root.querySelectorAll(".math")) await drawFormula(formula);
    for (const code of root.querySelectorAll("pre code")) await highlightCode(code);
    for (const node of root.querySelectorAll("script, iframe, img, object, embed, link, style")) {
      found.push(`<${node.localName}>`);
    }
    for (const node of root.querySelectorAll(".math *")) {
      for (const { name, value } of node.attributes) {
        if (/^on|href|^id$|^data-/.test(name)) found.push(`${node.localName} ${name}=${value}`);
        if (name === "style" && /url\(/.test(value)) found.push(`style=${value}`);
      }
    }
  }
  return found;
}
