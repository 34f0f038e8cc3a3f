/** Says behind the names in the picker which models cannot go on with what would be sent. */

/**
 * Mark the models that do not fit, and only them. The chosen one can stay chosen: its reason
 * is told beside the box.
 *
 * @param {HTMLSelectElement} select
 * @param {Record<string, string>} misfits the reason in brief by the model's id
 */
export function showMisfits(select, misfits) {
  for (const option of select.options) {
    option.dataset.name ??= option.text;
    const brief = misfits[option.value];
    option.disabled = brief !== undefined && !option.selected;
    const text = brief ? `${option.dataset.name} (${brief})` : option.dataset.name;
    if (option.text !== text) option.text = text;
  }
}
