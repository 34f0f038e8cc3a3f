/**
 * Colours code and draws formulas near the screen, and gives code blocks a copy button.
 * Works on HTML from the server and on live nodes alike; calling it twice does no harm.
 */

import { highlightCode } from "./highlight-code.js";
import { drawFormula } from "./math-drawing.js";

const MARGIN = "700px";
const COPIED_MS = 2000;

const observer = new IntersectionObserver(enhanceVisible, {
  rootMargin: MARGIN,
  scrollMargin: MARGIN, // for transcripts that scroll inside the page
});

/** Enhances the code blocks and formulas in `root`, itself included. */
export function enhance(root) {
  for (const block of select(root, ".code")) {
    addCopyButton(block);
    if (block.querySelector("code.language-json")) offerDownload(block);
    watch(block);
  }
  for (const formula of select(root, ".math")) watch(formula);
}

function select(root, selector) {
  const found = root.querySelectorAll ? [...root.querySelectorAll(selector)] : [];
  return root.matches?.(selector) ? [root, ...found] : found;
}

function watch(element) {
  if (element.dataset.enhanced !== undefined) return;
  element.dataset.enhanced = "";
  observer.observe(element);
}

function enhanceVisible(entries) {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    if (target.matches(".math")) drawFormula(target);
    else highlightCode(target.querySelector("code"));
  }
}

function addCopyButton(block) {
  const bar = block.querySelector(".code__bar");
  if (!bar || bar.querySelector(".code__copy")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "code__copy";
  button.setAttribute("aria-label", "Copy code");
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(block.querySelector("code"), button));
  bar.append(button);
}

async function offerDownload(block) {
  // Few answers have JSON in them. Without a connection there is Copy.
  const { addDownload } = await import("./json-download.js").catch(() => ({}));
  addDownload?.(block);
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    say(button, "Copied");
  } catch {
    // No clipboard without HTTPS or permission: select the text for the keyboard.
    getSelection().selectAllChildren(code);
    say(button, "Selected");
  }
}

/** Shows the outcome on the button and tells the page's announcer. */
function say(button, outcome) {
  button.textContent = outcome;
  const detail = outcome === "Copied" ? "Code copied" : "Code selected, copy it by keyboard";
  button.dispatchEvent(new CustomEvent("announce", { bubbles: true, detail }));
  setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_MS);
}
