import { enhance } from "/static/js/enhance.js";
import { renderMarkdown } from "/static/js/markdown.js";
import { equal, ok, test, until } from "./check.js";

function show(root, source) {
  root.replaceChildren(renderMarkdown(source));
  enhance(root);
}

test("code near the screen is coloured and stays the same text", async (root) => {
  show(root, '```js\nconst a = "<b>"; // é\n```');
  const code = root.querySelector("code");
  await until(() => code.querySelector(".hljs-keyword"));
  equal(code.querySelector(".hljs-keyword").textContent, "const");
  equal(code.textContent, 'const a = "<b>"; // é\n');
});

test("scopes of several parts and embedded languages become classes", async (root) => {
  show(root, "```html\n<script>class A extends B {}</script>\n```");
  await until(() => root.querySelector(".language-javascript .hljs-keyword"));
  ok(root.querySelector(".hljs-title.class_"));
});

test("code of an unknown language stays plain", async (root) => {
  show(root, "```nolanguage\nconst a\n```\n\n```js\nconst b\n```");
  await until(() => root.querySelector(".hljs-keyword"));
  equal(root.querySelector("code").childElementCount, 0);
});

test("very long code stays plain", async (root) => {
  show(root, "```js\n" + "const a;\n".repeat(12000) + "```\n\n```js\nconst b\n```");
  root.querySelectorAll(".code")[1].scrollIntoView();
  await until(() => root.querySelector(".hljs-keyword"));
  equal(root.querySelector("code").childElementCount, 0);
});

test("code far from the screen waits", async (root) => {
  show(root, "```js\nconst a\n```\n" + "\ntext\n".repeat(300) + "\n```js\nconst b\n```");
  await until(() => root.querySelector(".hljs-keyword"));
  const [, last] = root.querySelectorAll("code");
  equal(last.childElementCount, 0);
  last.scrollIntoView();
  await until(() => last.querySelector(".hljs-keyword"));
});

test("a formula is drawn with its style sheet and keeps its source", async (root) => {
  show(root, "$x^2$ and\n\n$$\n\\frac{a}{b}\n$$");
  await until(() => root.querySelectorAll(".katex").length === 2);
  const [inline, display] = root.querySelectorAll(".math");
  equal(inline.dataset.tex, "x^2");
  ok(display.querySelector(".katex-display"));
  ok(inline.querySelector("math"), "MathML for screen readers");
  equal(document.querySelectorAll('link[href$="katex.min.css"]').length, 1);
  ok(getComputedStyle(inline.querySelector(".katex")).fontFamily.includes("KaTeX_Main"));
});

test("a formula that KaTeX refuses stays as its source", async (root) => {
  show(root, "$\\frac{<b>$");
  const formula = root.querySelector(".math");
  await until(() => formula.classList.contains("math--error"));
  equal(formula.textContent, "\\frac{<b>");
  equal(formula.childElementCount, 0);
  ok(formula.title);
});

test("enhancing twice adds one copy button", (root) => {
  show(root, "```js\nconst a\n```");
  enhance(root);
  enhance(root.querySelector(".code"));
  equal(root.querySelectorAll("button.code__copy").length, 1);
  equal(root.querySelector("button").getAttribute("aria-label"), "Copy code");
  equal(root.querySelector("button").type, "button");
});

test("without a clipboard the copy button selects the code and says so", async (root) => {
  let said = "";
  root.addEventListener("announce", ({ detail }) => (said = detail), { once: true });
  navigator.clipboard.writeText = () => Promise.reject(new Error("refused"));
  show(root, "```\nthe code\n```");
  root.querySelector("button").click();
  await until(() => said);
  equal(said, "Code selected, copy it by keyboard");
  equal(getSelection().toString().trim(), "the code");
});

test("the copy button copies the plain text", async (root) => {
  let copied = "";
  navigator.clipboard.writeText = async (text) => (copied = text);
  show(root, "```js\nconst a\n```");
  await until(() => root.querySelector(".hljs-keyword"));
  root.querySelector("button").click();
  await until(() => root.querySelector("button").textContent === "Copied");
  equal(copied, "const a\n");
});
