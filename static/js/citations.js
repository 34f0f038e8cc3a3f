/** The card with a citation's title and quote, while its chip is pointed at or has focus. */

import { byId } from "./page.js";

const GAP_PX = 6;
const EDGE_PX = 8;

/** @param {HTMLElement} log @param {(chip: HTMLElement) => any} liveSource of a running answer @param {AbortSignal} signal */
export function showCitationCards(log, liveSource, signal) {
  const card = byId("citation-card");
  if (!card) return;
  const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ act) =>
    log.addEventListener(type, act, { signal });
  const show = (/** @type {{target: EventTarget | null}} */ { target }) => {
    const chip = chipOf(target);
    if (chip) showCard(card, chip, sourceOf(chip) ?? liveSource(chip));
  };
  const hide = (/** @type {Event} */ { target }) => chipOf(target) && card.hidePopover();
  on("pointerover", show);
  on("focusin", show);
  on("pointerout", hide);
  on("focusout", hide);
  on("scroll", () => card.hidePopover());
  // WCAG 1.4.13: what hovering shows can be put away without moving.
  document.addEventListener("keydown", ({ key }) => key === "Escape" && card.hidePopover(), {
    signal,
  });
  // The chip that asked for this is pointed at already.
  const chip = log.querySelector("a.citation:is(:hover, :focus)");
  if (chip) show({ target: chip });
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function chipOf(target) {
  return target instanceof Element ? target.closest("a.citation") : null;
}

/** What the list of sources below the answer says. @param {HTMLElement} chip */
function sourceOf(chip) {
  const number = chip.dataset.source ?? "";
  const entry = chip
    .closest("article")
    ?.querySelector(`.source[data-source="${CSS.escape(number)}"]`);
  if (!entry) return null;
  const text = (/** @type {string} */ selector) =>
    entry.querySelector(selector)?.textContent?.trim() ?? "";
  return {
    title: text('.source__title, [data-slot="title"]'),
    where: text(".source__where"),
    quote: text(".source__quote"),
  };
}

/** @param {HTMLElement} card @param {HTMLElement} chip @param {any} source */
function showCard(card, chip, source) {
  if (!source) return;
  for (const part of ["title", "where", "quote"]) {
    const place = /** @type {HTMLElement} */ (card.querySelector(`.citation-card__${part}`));
    place.textContent = source[part] ?? "";
    place.hidden = !source[part];
  }
  card.showPopover();
  place(card, chip.getBoundingClientRect());
}

/** Above the chip, or below it where there is no room. @param {HTMLElement} card @param {DOMRect} chip */
function place(card, chip) {
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(
    Math.max(EDGE_PX, chip.left + chip.width / 2 - width / 2),
    innerWidth - width - EDGE_PX,
  );
  const above = chip.top - height - GAP_PX;
  card.style.setProperty("left", `${left}px`);
  card.style.setProperty("top", `${above > EDGE_PX ? above : chip.bottom + GAP_PX}px`);
}
