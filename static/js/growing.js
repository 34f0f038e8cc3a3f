/** Text boxes that grow with their text, in browsers that cannot do it in CSS. */

/** @param {HTMLTextAreaElement} box */
export function growToText(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.setProperty("height", "auto");
  box.style.setProperty("height", `${box.scrollHeight}px`);
}
