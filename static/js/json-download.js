/** Code in JSON can be kept as a file. */

const FILE_NAME = "answer.json";

/** Give a block of JSON a button that downloads it. @param {HTMLElement} block */
export function addDownload(block) {
  const copy = block.querySelector(".code__copy");
  if (!copy || block.querySelector(".code__download")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "code__copy code__download";
  button.setAttribute("aria-label", "Download as a file");
  button.textContent = "Download";
  button.addEventListener("click", () => download(block));
  copy.before(button);
}

/** @param {HTMLElement} block */
function download(block) {
  const text = block.querySelector("code")?.textContent ?? "";
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href, download: FILE_NAME });
  link.click();
  // The browser has taken it by the next task.
  setTimeout(() => URL.revokeObjectURL(href));
}
