import { citationChip, MarkdownStream, renderMarkdown } from "/static/js/markdown.js";
import { equal, ok, test, until } from "./check.js";
import { browserForm, canonical, chip } from "./dom.js";

function streamInto(root, options = {}) {
  const stream = new MarkdownStream(root, { chip, ...options });
  const show = (text) => {
    stream.set(text);
    stream.flush();
  };
  return { stream, show };
}

test("appended text is shown in a later frame", async (root) => {
  const stream = new MarkdownStream(root);
  stream.append("one ");
  stream.append("**two**");
  equal(root.childNodes.length, 0);
  await until(() => root.textContent === "one two");
  equal(root.querySelector("strong").textContent, "two");
});

test("a block that did not change keeps its element", (root) => {
  const { show } = streamInto(root);
  show("first\n\nsec");
  const [first] = root.children;
  show("first\n\nsecond\n\nthird\n\nfourth");
  ok(root.children[0] === first);
  equal(root.children.length, 4);
});

test("finished items of a growing list keep their elements", (root) => {
  const { show } = streamInto(root);
  show("- one\n- two\n- thr");
  const [first] = root.querySelectorAll("li");
  show("- one\n- two\n- three\n- four");
  ok(root.querySelector("li") === first);
  equal([...root.querySelectorAll("li")].map((item) => item.textContent), ["one", "two", "three", "four"]);
});

test("finished rows of a growing table keep their elements", (root) => {
  const { show } = streamInto(root);
  const head = "| a | b |\n|--:|---|\n";
  show(`${head}| 1 | 2 |\n| 3`);
  const [first] = root.querySelectorAll("tbody tr");
  show(`${head}| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |`);
  ok(root.querySelector("tbody tr") === first);
  equal(canonical(root), browserForm(`${head}| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |`));
});

test("a list that becomes loose is built anew", (root) => {
  const { show } = streamInto(root);
  show("- one\n- two");
  show("- one\n- two\n\n- three");
  equal(canonical(root), browserForm("- one\n- two\n\n- three"));
});

test("growing code is laid out in chunks and one text when it ends", (root) => {
  const { stream, show } = streamInto(root);
  const code = "line\n".repeat(100);
  show("```js\n" + code.slice(0, 50));
  const element = root.querySelector("code");
  show("```js\n" + code);
  ok(root.querySelector("code") === element);
  equal(root.querySelectorAll(".code__chunk").length, 3);
  show("```js\n" + code + "```\n\nafter");
  stream.finish();
  equal(root.querySelectorAll(".code__chunk").length, 0);
  equal(root.querySelector("code").textContent, code);
});

test("unclosed code is one text when the answer ends", (root) => {
  const { stream, show } = streamInto(root);
  show("```js\nconst a");
  stream.finish();
  equal(canonical(root), browserForm("```js\nconst a"));
  equal(root.querySelectorAll(".code__chunk").length, 0);
});

test("finished nodes are reported once and in order", (root) => {
  const reported = [];
  const { stream, show } = streamInto(root, { committed: (nodes) => reported.push(...nodes) });
  show("a\n\nb\n\nc\n\nd");
  equal(reported.map((node) => node.textContent), ["a", "b"]);
  show("a\n\nb\n\nc\n\nd\n\ne");
  stream.finish();
  equal(reported.map((node) => node.textContent), ["a", "b", "c", "d", "e"]);
  ok(reported.every((node) => node.parentNode === root));
});

test("every change of the DOM is reported", (root) => {
  let flushes = 0;
  const { stream, show } = streamInto(root, { flushed: () => flushes++ });
  show("a");
  show("ab");
  stream.finish();
  ok(flushes >= 3);
});

test("a definition that comes late links what stood before it", (root) => {
  const { stream, show } = streamInto(root);
  const text = "[a]\n\nb\n\nc\n\nd\n\n[a]: https://example.org/";
  show(text);
  stream.finish();
  equal(root.querySelector("a").href, "https://example.org/");
});

test("a half-typed definition leaves no trace", (root) => {
  const { stream, show } = streamInto(root);
  show("[a]\n\nb\n\n[a]: /x");
  show("[a]\n\nb\n\n[a]: /xyz and more");
  stream.finish();
  equal(root.querySelectorAll("a").length, 0);
});

test("a formula of many lines is not broken by what looks like blocks", (root) => {
  const { stream, show } = streamInto(root);
  const text = "a\n\n$$\nx\n# y\n- z\n> w\n$$\n";
  for (let end = 1; end <= text.length; end++) show(text.slice(0, end));
  stream.finish();
  equal(canonical(root), browserForm(text));
  ok(root.querySelector("div.math--display"));
});

test("text that changes from the start is shown anew", (root) => {
  const { show } = streamInto(root);
  show("one\n\ntwo\n\nthree\n\nfour");
  show("other");
  equal(root.textContent, "other");
});

test("a stream goes on after it was finished", (root) => {
  const { stream, show } = streamInto(root);
  show("one");
  stream.finish();
  show("one and two");
  stream.finish();
  equal(canonical(root), browserForm("one and two"));
});

test("headings of a stream keep the first one's distance", (root) => {
  const { show } = streamInto(root);
  show("## a\n\nb\n\n### c\n\nd\n\ne\n\n#### f");
  equal([...root.querySelectorAll(".heading")].map((node) => node.localName), ["h4", "h5", "h6"]);
});

test("a table over the limit is text in a stream too", (root) => {
  const { stream, show } = streamInto(root);
  const rows = "|1|2|\n".repeat(1800);
  const text = `|a|b|\n|-|-|\n${rows}\n`.repeat(3);
  for (const share of [0.2, 0.5, 0.9, 1]) show(text.slice(0, text.length * share));
  stream.finish();
  equal(root.querySelectorAll("table").length, 2);
  equal(canonical(root) === browserForm(text), true);
});

test("a chip that is not to be had leaves nothing", () => {
  const fragment = renderMarkdown("a\ue0007\ue001b", { chip: () => null });
  equal(fragment.textContent, "ab");
});

test("a citation chip is a link to its place", (root) => {
  const source = { number: 2, title: "Report", where: "page 17", href: "/attachments/1/#page=17" };
  root.append(citationChip(source, "m1"));
  equal(root.innerHTML, '<a class="citation" href="/attachments/1/#page=17" target="_blank" rel="noopener" data-source="2" aria-label="Source 2: Report, page 17">2</a>');
});

test("a citation chip without a usable address leads to the list", (root) => {
  root.append(citationChip({ number: 3, title: "x", href: "javascript:alert(1)" }, "m1"));
  equal(root.querySelector("a").getAttribute("href"), "#source-m1-3");
  equal(root.querySelector("a").target, "");
});
