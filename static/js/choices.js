/** Model, effort and thinking for the next answer, as far as the model offers them. */

import { openStorage } from "./storage.js";
import { byId } from "./templates.js";

const KEY = "colloquy:choices";

export class Choices {
  #page;
  #model = /** @type {HTMLSelectElement} */ (byId("composer-model"));
  #effort = /** @type {HTMLSelectElement} */ (byId("composer-effort"));
  #thinking = /** @type {HTMLSelectElement} */ (byId("composer-thinking"));

  /** @param {any} page @param {AbortSignal} signal */
  constructor(page, signal) {
    this.#page = page;
    // A conversation keeps what its last turn had, which the server has put in.
    if (!page.conversation) this.#recall();
    this.#offer(this.#effort.value, this.#thinking.value);
    this.#model.addEventListener("change", () => this.#chosen(), { signal });
    for (const select of [this.#effort, this.#thinking])
      select.addEventListener("change", () => this.#remember(), { signal });
  }

  /** The fields for a command; what is left out follows the model's default. */
  get settings() {
    return {
      model: this.#model.value || undefined,
      effort: this.#effort.value || undefined,
      thinking: this.#thinking.value || undefined,
    };
  }

  /** The chosen model. @returns {any} */
  get model() {
    return this.#page.models.find((/** @type {any} */ model) => model.id === this.#model.value);
  }

  /** Open the list of models. */
  focusModel() {
    this.#model.focus();
  }

  #chosen() {
    this.#offer(this.#effort.value, this.#thinking.value);
    this.#remember();
  }

  /** Offer what the model can do, keeping the choice where it still can. @param {string} effort @param {string} thinking */
  #offer(effort, thinking) {
    const { efforts = [], thinking: kinds = [], default_effort: usual } = this.model ?? {};
    const { effort_labels: effortWords, thinking_labels: thinkingWords } = this.#page;
    fillSelect(
      this.#effort,
      efforts,
      effortWords,
      usual ? `Default (${(effortWords[usual] ?? usual).toLowerCase()})` : "Default",
      effort,
    );
    fillSelect(this.#thinking, kinds, thinkingWords, "Default", thinking);
    byId("effort-field").hidden = efforts.length === 0;
    byId("thinking-field").hidden = kinds.length < 2;
    byId("composer-options-button").hidden = efforts.length === 0 && kinds.length < 2;
    this.#summarise();
  }

  #summarise() {
    const chosen = [this.#effort, this.#thinking]
      .filter((select) => select.value)
      .map((select) => select.selectedOptions[0].textContent);
    byId("composer-options-summary").textContent = chosen.join(" · ");
  }

  #remember() {
    this.#summarise();
    try {
      openStorage("localStorage")?.setItem(this.#key, JSON.stringify(this.settings));
    } catch {
      // The next page then begins with the defaults.
    }
  }

  #recall() {
    try {
      const {
        model,
        effort = "",
        thinking = "",
      } = JSON.parse(openStorage("localStorage")?.getItem(this.#key) ?? "{}");
      if (!this.#page.models.some((/** @type {any} */ offered) => offered.id === model)) return;
      this.#model.value = model;
      this.#offer(effort, thinking);
    } catch {
      // A choice that cannot be read is no choice.
    }
  }

  get #key() {
    return `${KEY}:${this.#page.user.id}`;
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string[]} values
 * @param {Record<string, string>} labels
 * @param {string} usual label of the default
 * @param {string} chosen
 */
function fillSelect(select, values, labels, usual, chosen) {
  const options = values.map((value) => new Option(labels[value] ?? value, value));
  select.replaceChildren(new Option(usual, ""), ...options);
  select.value = values.includes(chosen) ? chosen : "";
}
