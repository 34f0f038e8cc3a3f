/** Draws one formula with KaTeX; a source that KaTeX refuses stays as it is. */

const OPTIONS = {
  // On an error KaTeX would write a style attribute, which the page's policy forbids.
  throwOnError: true,
  trust: false,
  strict: "ignore",
  maxExpand: 200,
  maxSize: 20,
};

let library = null;

/** Replaces the TeX source in `element` by its drawing; data-tex keeps the source. */
export async function drawFormula(element) {
  library ??= Promise.all([load(), loadStyles()]);
  const [katex] = await library;
  const tex = element.textContent;
  const displayMode = element.classList.contains("math--display");
  const drawing = document.createElement("span");
  try {
    katex.render(tex, drawing, { ...OPTIONS, displayMode });
  } catch (error) {
    element.classList.add("math--error");
    element.title = String(error.message ?? error);
    return;
  }
  element.dataset.tex = tex;
  element.replaceChildren(...drawing.childNodes);
  // A wide formula scrolls: the keyboard must reach it.
  if (displayMode) element.tabIndex = 0;
}

async function load() {
  // The package has no minified ES module: this one sets the global name.
  await import("../vendor/katex/katex.min.js");
  return globalThis.katex;
}

/** Adds the style sheet that the page names; drawing before it is there would jump. */
function loadStyles() {
  const href = document.querySelector('meta[name="katex-css"]')?.content;
  if (!href) return Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve);
    document.head.append(link);
  });
}
