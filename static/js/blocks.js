/**
 * The content blocks of a running answer, folded from Claude's own deltas.
 *
 * Nothing is changed in place: a changed block is a new object in a new list.
 *
 * @typedef {{index: number, block: any, finished: boolean, json?: string}} LiveBlock
 * @typedef {{id: string, round: number, blocks: LiveBlock[]}} LiveMessage
 */

/**
 * Return the messages with a block that begins, in a message that may be new.
 *
 * @param {LiveMessage[]} answers
 * @param {{id: string, round: number}} message
 * @param {LiveBlock} entry
 * @returns {LiveMessage[]}
 */
export function withBlock(answers, { id, round }, entry) {
  const isKnown = answers.some((answer) => answer.id === id);
  const all = isKnown ? answers : [...answers, { id, round, blocks: [] }];
  const others = (/** @type {LiveMessage} */ { blocks }) =>
    blocks.filter(({ index }) => index !== entry.index);
  return all.map((answer) =>
    answer.id === id ? { ...answer, blocks: [...others(answer), entry] } : answer,
  );
}

/**
 * Return the messages with one block changed.
 *
 * @param {LiveMessage[]} answers
 * @param {string} id
 * @param {number} index
 * @param {(entry: LiveBlock) => LiveBlock} change
 * @returns {LiveMessage[]}
 */
export function changeBlock(answers, id, index, change) {
  const changed = (/** @type {LiveBlock} */ entry) =>
    entry.index === index ? change(entry) : entry;
  return answers.map((answer) =>
    answer.id === id ? { ...answer, blocks: answer.blocks.map(changed) } : answer,
  );
}

/** A block with one delta more; unknown deltas change nothing. @param {LiveBlock} entry @param {any} delta @returns {LiveBlock} */
export function withDelta(entry, delta) {
  const { block } = entry;
  switch (delta.type) {
    case "text_delta":
      return { ...entry, block: { ...block, text: (block.text ?? "") + delta.text } };
    case "thinking_delta":
      return { ...entry, block: { ...block, thinking: (block.thinking ?? "") + delta.thinking } };
    case "citations_delta":
      return {
        ...entry,
        block: { ...block, citations: [...(block.citations ?? []), delta.citation] },
      };
    case "input_json_delta":
      return { ...entry, json: (entry.json ?? "") + delta.partial_json };
    default:
      return entry;
  }
}

/** A block that is whole: the pieces of its input are read. @param {LiveBlock} entry @returns {LiveBlock} */
export function finishedBlock({ json, ...entry }) {
  const block = json ? { ...entry.block, input: parsed(json, entry.block.input) } : entry.block;
  return { ...entry, block, finished: true };
}

/** @param {string} json @param {any} otherwise */
function parsed(json, otherwise) {
  try {
    return JSON.parse(json);
  } catch {
    return otherwise;
  }
}
