/** What a key pressed in the composer means. */

/**
 * @typedef {"send" | "edit-last" | "cancel"} Action
 * @param {{key: string, keyCode?: number, shiftKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, isComposing?: boolean}} event
 * @param {{isCoarse: boolean, isEmpty: boolean}} composer
 * @returns {Action | null} null: the browser does what it always does
 */
export function actionOf(event, { isCoarse, isEmpty }) {
  // Safari ends a composition before its keydown, and tells it by code 229 only.
  if (event.isComposing || event.keyCode === 229) return null;
  switch (event.key) {
    case "Enter":
      return isSendKey(event, isCoarse) ? "send" : null;
    case "ArrowUp":
      return isEmpty && !hasModifier(event) ? "edit-last" : null;
    case "Escape":
      return "cancel";
    default:
      return null;
  }
}

/** @param {{shiftKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event @param {boolean} isCoarse */
function isSendKey(event, isCoarse) {
  if (event.ctrlKey || event.metaKey) return true;
  return !event.shiftKey && !event.altKey && !isCoarse;
}

/** @param {{shiftKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event */
function hasModifier(event) {
  return Boolean(event.shiftKey || event.ctrlKey || event.metaKey || event.altKey);
}
