/** Light, dark, or as the system: <theme-switch>. The server prints the choice from a cookie. */

const YEAR_SECONDS = 31_536_000;

export class ThemeSwitch extends HTMLElement {
  #abort = new AbortController();

  connectedCallback() {
    const { signal } = (this.#abort = new AbortController());
    this.addEventListener(
      "change",
      ({ target }) => choose(/** @type {HTMLInputElement} */ (target).value),
      { signal },
    );
  }

  disconnectedCallback() {
    this.#abort.abort();
  }
}

/** @param {string} theme "" is the system's */
function choose(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? YEAR_SECONDS : 0}; samesite=lax`;
}
