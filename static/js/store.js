/**
 * What the page knows of one conversation: a pure reducer over the server's events.
 *
 * States are never changed in place, so that `!==` tells what is to be drawn again.
 *
 * @typedef {import("./socket.js").ServerEvent} ServerEvent
 * @typedef {{index: number, block: any, finished: boolean, json?: string, tokens?: number}} LiveBlock
 * @typedef {{id: string, round: number, blocks: LiveBlock[]}} LiveMessage
 * @typedef {{id: string, message: string, name: string, title: string, state: string, summary: string, outcome: string, result: string | null, seconds: number | null}} Call a call of a tool
 * @typedef {{attempt: number, limit?: number, delay_seconds: number, reason: any}} Attempt
 * @typedef {Attempt | {isQueued: true, isLater?: true}} Retrying what an answer waits for: its next attempt, a free server, its batch
 * @typedef {object} Turn
 * @property {string} id
 * @property {string} conversation
 * @property {string} user_message
 * @property {string} state
 * @property {string} model
 * @property {string | null} continues   the turn whose rest it was asked for
 * @property {string} [output_format]   "json_schema" where answers have to fit a schema
 * @property {string[]} [suggestions]   what may be asked next
 * @property {any[]} documents
 * @property {{type: string, message: string}[]} repairs
 * @property {string | null} stop_reason
 * @property {any} error
 * @property {LiveMessage[]} answers   what was written, message by message
 * @property {Record<string, Call>} calls   how its tools went, by the ids of their blocks
 * @property {boolean} [isStored]   whether `answers` are what the server keeps for good
 * @property {Retrying | null} retrying
 * @property {any} usage
 * @property {string | null} cost_usd
 * @property {string | null} leaf
 * @typedef {object} State
 * @property {{id: string, title: string, tags: string[]} | null} conversation
 * @property {string | null} leaf
 * @property {Record<string, any>} messages
 * @property {string[]} path   ids of the newest messages of the branch, oldest first
 * @property {Record<string, Turn>} turns
 * @property {Record<string, any>} compactions   what stands for the beginning, of all branches
 */

const LIVE_STATES = new Set(["queued", "running"]);
const OPEN_CALLS = new Set(["waiting", "running"]);

/** @type {Retrying} */
const QUEUED = { isQueued: true };
/** @type {Retrying} */
const LATER = { isQueued: true, isLater: true };

/** @returns {State} */
export function emptyState() {
  return { conversation: null, leaf: null, messages: {}, path: [], turns: {}, compactions: {} };
}

/**
 * Return the state after an event. Unknown events change nothing.
 *
 * @param {State} state
 * @param {ServerEvent} event
 * @returns {State}
 */
export function reduce(state, event) {
  const handle = Object.hasOwn(HANDLERS, event.type) ? HANDLERS[event.type] : null;
  return handle ? handle(state, event) : state;
}

/** @param {Turn | undefined} turn */
export function isLive(turn) {
  return turn !== undefined && LIVE_STATES.has(turn.state);
}

/** @param {State} state @returns {Turn | undefined} */
export function liveTurn(state) {
  return Object.values(state.turns).find(isLive);
}

/** Every event of docs/protocol.md stands here, also those that change nothing. */
/** @type {Record<string, (state: State, event: ServerEvent) => State>} */
export const HANDLERS = {
  "message.accepted": acceptMessage,
  "conversation.snapshot": replaceConversation,
  "conversation.renamed": renameConversation,
  "conversation.changed": changeConversation,
  "compaction.changed": changeCompaction,
  "turn.queued": startTurn,
  "turn.started": startTurn,
  "turn.snapshot": replaceTurn,
  "turn.retrying": retryTurn,
  "block.started": startBlock,
  "block.delta": extendBlock,
  "block.finished": finishBlock,
  "tool.waiting": noteCall,
  "tool.started": noteCall,
  "tool.finished": noteCall,
  "usage.updated": updateUsage,
  "turn.completed": closeTurn("completed"),
  "turn.cancelled": closeTurn("cancelled"),
  "turn.interrupted": closeTurn("interrupted"),
  "turn.failed": closeTurn("failed"),
  "turn.suggested": suggest,
  "server.restarting": unchanged,
  "server.impaired": unchanged,
  "server.recovered": unchanged,
  "command.rejected": unchanged,
  pong: unchanged,
};

/** @param {State} state */
function unchanged(state) {
  return state;
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function acceptMessage(state, { conversation, message, turn }) {
  const known = {
    ...state,
    conversation,
    messages: { ...state.messages, [message.id]: message },
    // The acceptance of a command that was sent twice may come after the turn's events.
    turns: turn.id in state.turns ? state.turns : { ...state.turns, [turn.id]: freshTurn(turn) },
  };
  return isOnPath(state, message)
    ? { ...known, leaf: message.id, path: pathTo(state.path, message) }
    : known;
}

/** Whether a message belongs to the branch that is shown. @param {State} state @param {any} message */
function isOnPath({ path }, { id, parent }) {
  return parent === null || path.includes(id) || path.includes(parent);
}

/** @param {string[]} path @param {any} message */
function pathTo(path, { id, parent }) {
  return path.includes(id) ? upTo(path, id) : [...(parent === null ? [] : upTo(path, parent)), id];
}

/** @param {string[]} path @param {string} id */
function upTo(path, id) {
  return path.slice(0, path.indexOf(id) + 1);
}

/**
 * Put earlier messages of the branch, which the page loaded itself, before the path.
 *
 * @param {State} state
 * @param {any[]} messages oldest first: {id, role, parent, turn}
 * @returns {State}
 */
export function prependEarlier(state, messages) {
  const earlier = messages.filter(({ id }) => !state.path.includes(id));
  return {
    ...state,
    messages: { ...byId(earlier), ...state.messages },
    path: [...earlier.map(({ id }) => id), ...state.path],
  };
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function replaceConversation(state, { conversation, leaf, messages, turns, compactions = [] }) {
  const newest = messages.map((/** @type {any} */ message) => message.id);
  // The snapshot holds the newest messages only; what the page loaded before them stays.
  const earlier = state.path.slice(0, Math.max(0, state.path.indexOf(newest[0])));
  return {
    conversation,
    leaf,
    messages: { ...state.messages, ...byId(messages) },
    path: [...earlier, ...newest],
    turns: {
      ...state.turns,
      ...byId(turns.map((/** @type {any} */ turn) => mergeTurn(state.turns[turn.id], turn))),
    },
    compactions: byId(compactions),
  };
}

/** @param {any[]} rows */
function byId(rows) {
  return Object.fromEntries(rows.map((row) => [row.id, row]));
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function renameConversation(state, { conversation, title, tags }) {
  if (state.conversation?.id !== conversation) return state;
  return { ...state, conversation: { id: conversation, title, tags } };
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function changeConversation(state, { conversation, change }) {
  if (change !== "deleted" || state.conversation?.id !== conversation) return state;
  return emptyState();
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function changeCompaction(state, { compaction }) {
  return { ...state, compactions: { ...state.compactions, [compaction.id]: compaction } };
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function startTurn(state, { turn, state: row }) {
  return withTurn(state, { ...mergeTurn(state.turns[turn], row), retrying: waitOf(row) });
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function replaceTurn(state, { state: row, messages, retrying = null, calls = [] }) {
  const before = state.turns[row.id];
  const isStored = !LIVE_STATES.has(row.state);
  return withTurn(state, {
    ...mergeTurn(before, row),
    answers: messages,
    calls: byId(calls),
    retrying: retrying ?? waitOf(row),
    ...(isStored ? { isStored } : {}),
  });
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function retryTurn(state, { turn, attempt, limit, delay_seconds, reason }) {
  return changeTurn(state, turn, () => ({ retrying: { attempt, limit, delay_seconds, reason } }));
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function startBlock(state, { turn, message, round, index, block }) {
  return changeTurn(state, turn, ({ answers }) => ({
    retrying: null,
    answers: withBlock(answers, { id: message, round }, { index, block, finished: false }),
  }));
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function extendBlock(state, { turn, message, index, delta }) {
  return changeTurn(state, turn, ({ answers }) => ({
    answers: changeBlock(answers, message, index, (entry) => withDelta(entry, delta)),
  }));
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function finishBlock(state, { turn, message, index }) {
  return changeTurn(state, turn, ({ answers }) => ({
    answers: changeBlock(answers, message, index, finishedBlock),
  }));
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function noteCall(state, { turn, call }) {
  return changeTurn(state, turn, ({ calls }) => ({ calls: { ...calls, [call.id]: call } }));
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function updateUsage(state, { turn, usage, cost_usd }) {
  return changeTurn(state, turn, () => ({ usage, cost_usd }));
}

/** @param {string} outcome @returns {(state: State, event: ServerEvent) => State} */
function closeTurn(outcome) {
  return (state, { turn: id, leaf, stop_reason = null, error = null }) => {
    const turn = state.turns[id];
    if (!turn) return state;
    const closed = withTurn(state, {
      ...turn,
      state: outcome,
      calls: endedCalls(turn.calls),
      leaf,
      stop_reason,
      error,
      retrying: null,
    });
    return leaf === null || !state.path.includes(turn.user_message)
      ? closed
      : withAnswers(closed, turn, leaf);
  };
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function suggest(state, { turn, suggestions }) {
  return changeTurn(state, turn, () => ({ suggestions }));
}

/** Nobody waits for a tool any more. @param {Record<string, Call>} calls */
function endedCalls(calls) {
  return byId(
    Object.values(calls).map((call) =>
      OPEN_CALLS.has(call.state) ? { ...call, state: "cancelled" } : call,
    ),
  );
}

/** Add a finished turn's messages to the path. @param {State} state @param {Turn} turn @param {string} leaf @returns {State} */
function withAnswers(state, turn, leaf) {
  const ids = turn.answers.map((answer) => answer.id);
  const kept = ids.includes(leaf) ? ids.slice(0, ids.indexOf(leaf) + 1) : [leaf];
  const rows = kept.map((id) => ({
    id,
    role: "assistant",
    turn: turn.id,
    conversation: turn.conversation,
  }));
  return {
    ...state,
    leaf,
    messages: { ...byId(rows), ...state.messages },
    path: [...upTo(state.path, turn.user_message), ...kept],
  };
}

/** @param {any} row @returns {Turn} */
function freshTurn(row) {
  return {
    ...row,
    answers: [],
    calls: {},
    retrying: waitOf(row),
    usage: null,
    cost_usd: null,
    leaf: null,
  };
}

/** @param {Turn | undefined} before @param {any} row @returns {Turn} */
function mergeTurn(before, row) {
  if (!before) return freshTurn(row);
  const retrying = row.state === "running" ? before.retrying : waitOf(row);
  return { ...before, ...row, retrying };
}

/** What a turn waits for, as far as its state tells. @param {any} row @returns {Retrying | null} */
function waitOf({ state, later }) {
  if (state !== "queued") return null;
  return later ? LATER : QUEUED;
}

/** @param {State} state @param {Turn} turn @returns {State} */
function withTurn(state, turn) {
  return { ...state, turns: { ...state.turns, [turn.id]: turn } };
}

/** @param {State} state @param {string} id @param {(turn: Turn) => Partial<Turn>} change @returns {State} */
function changeTurn(state, id, change) {
  const turn = state.turns[id];
  return turn ? withTurn(state, { ...turn, ...change(turn) }) : state;
}

// The content blocks of a running answer, folded from Claude's own deltas.

/**
 * Return the messages with a block that begins, in a message that may be new.
 *
 * @param {LiveMessage[]} answers
 * @param {{id: string, round: number}} message
 * @param {LiveBlock} entry
 * @returns {LiveMessage[]}
 */
function withBlock(answers, { id, round }, entry) {
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
function changeBlock(answers, id, index, change) {
  const changed = (/** @type {LiveBlock} */ entry) =>
    entry.index === index ? change(entry) : entry;
  return answers.map((answer) =>
    answer.id === id ? { ...answer, blocks: answer.blocks.map(changed) } : answer,
  );
}

/** A block with one delta more; unknown deltas change nothing. @param {LiveBlock} entry @param {any} delta @returns {LiveBlock} */
function withDelta(entry, delta) {
  const { block } = entry;
  switch (delta.type) {
    case "text_delta":
      return { ...entry, block: { ...block, text: (block.text ?? "") + delta.text } };
    case "thinking_delta":
      return {
        ...entry,
        block: { ...block, thinking: (block.thinking ?? "") + delta.thinking },
        ...(delta.estimated_tokens
          ? { tokens: (entry.tokens ?? 0) + delta.estimated_tokens }
          : {}),
      };
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
function finishedBlock({ json, tokens, ...entry }) {
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
