/** Colours a finished code block: highlight.js finds the scopes, we make the spans. */

// Above this a block stays plain: colouring would hold the page up.
const MAX_LENGTH = 100_000;

let library = null;

/** Colours `code`, an element with a language-x class and plain text. */
export async function highlightCode(code) {
  const language = /(?:^| )language-(\S+)/.exec(code?.className ?? "")?.[1];
  if (!language || code.textContent.length > MAX_LENGTH) return;
  library ??= import("../vendor/highlightjs/highlight.min.js");
  const { default: hljs } = await library;
  if (!hljs.getLanguage(language)) return; // guessing is slow and often wrong
  const text = code.textContent;
  const { _emitter: emitter } = hljs.highlight(text, { language, ignoreIllegals: true });
  const coloured = emitter?.rootNode && spansOf(emitter.rootNode);
  if (coloured?.textContent !== text) return;
  code.replaceChildren(coloured);
}

/** Returns a fragment for a node of highlight.js: {scope, children: [string | node]}. */
function spansOf(node) {
  const fragment = document.createDocumentFragment();
  for (const child of node.children) {
    if (typeof child === "string") {
      fragment.append(child);
    } else if (child.scope) {
      const span = document.createElement("span");
      span.className = className(child.scope);
      span.append(spansOf(child));
      fragment.append(span);
    } else {
      fragment.append(spansOf(child));
    }
  }
  return fragment;
}

/** "title.function" becomes "hljs-title function_", as highlight.js writes it. */
function className(scope) {
  if (scope.startsWith("language:")) return scope.replace("language:", "language-");
  const [first, ...rest] = scope.split(".");
  return [`hljs-${first}`, ...rest.map((part, index) => part + "_".repeat(index + 1))].join(" ");
}
