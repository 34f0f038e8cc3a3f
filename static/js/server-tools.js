/**
 * What a tool of Claude's servers did, as its card tells it;
 * conversations/rendering/server_tools.py and pairing.py hold the same rules.
 *
 * @typedef {{title: string, where: string, href: string | null}} Link
 * @typedef {{name: string, text: string}} Output
 * @typedef {object} Card
 * @property {string} kind
 * @property {string} label   what Claude did
 * @property {string} subject   with what: a search, an address, a file or code
 * @property {string} summary   what a glance shall tell of the outcome
 * @property {"running" | "done" | "failed"} state
 * @property {string} code
 * @property {Link[]} links
 * @property {Output[]} outputs
 * @property {number} files   how many the code made
 */

import { safeHref } from "./markdown-urls.js";
import { sentenceFor } from "./server-tool-errors.js";

const MAX_TEXT_LENGTH = 20_000; // ours: enough to judge an output; the rest is in the export
const MAX_LINKS = 50; // ours: several times what one search brings

const CALLS = new Set(["server_tool_use", "mcp_tool_use"]);
const CODE_TOOLS = new Set([
  "code_execution",
  "bash_code_execution",
  "text_editor_code_execution",
]);
const FILE_COMMANDS = /** @type {Record<string, string>} */ ({
  view: "Looked at a file",
  str_replace: "Changed a file",
});
/** Blocks that are a card without being a call or its result. */
const ALONE = new Set(["compaction", "fallback", "mcp_tool_listing"]);

/** Whether a call's result comes as a block of its own from Claude's servers. @param {any} block */
export function isServerCall({ type }) {
  return CALLS.has(type);
}

/** Whether a block has such a card: a call, its result, or news of the servers. @param {any} block */
export function isServerBlock({ type }) {
  return (
    CALLS.has(type) || ALONE.has(type) || (type.endsWith("_tool_result") && type !== "tool_result")
  );
}

/**
 * Return the card of a call and its result; of a result without its call, too.
 *
 * @param {any} block
 * @param {any} given its result, or null
 * @param {boolean} isRunning whether a result may still come
 * @returns {Card}
 */
export function describe(block, given, isRunning) {
  if (ALONE.has(block.type)) return describedAlone(block);
  const [call, result] = "tool_use_id" in block ? [{}, block] : [block, given];
  const isOpen = isRunning && !result;
  const card = described(call, result, isOpen);
  if (isOpen) return { ...card, state: "running" };
  if (!result) return { ...card, summary: "No result." };
  const code = text(result.content?.error_code);
  return code
    ? { ...card, state: "failed", summary: sentenceFor(familyOf(card.kind), code) }
    : card;
}

/** @param {any} call @param {any} result @param {boolean} isRunning @returns {Card} */
function described(call, result, isRunning) {
  const kind = kindOf(call, result);
  const given = call.input ?? {};
  const content = result?.content;
  switch (kind) {
    case "web_search":
      return webSearch(given, content, isRunning);
    case "web_fetch":
      return webFetch(given, content, isRunning);
    case "code_execution":
    case "bash_code_execution":
      return code(kind, given, content, isRunning);
    case "text_editor_code_execution":
      return file(given, content, isRunning);
    case "tool_search_tool_regex":
    case "tool_search_tool_bm25":
    case "tool_search":
      return toolSearch(kind, given, content, isRunning);
    case "advisor":
      return advice(content, isRunning);
    default:
      return other(kind, call, result, isRunning);
  }
}

/** @param {string} kind @param {string} label @param {Partial<Card>} [more] @returns {Card} */
function card(kind, label, more = {}) {
  const empty = { subject: "", summary: "", code: "", links: [], outputs: [], files: 0 };
  return { kind, label, state: "done", ...empty, ...more };
}

/** @param {any} given @param {any} content @param {boolean} isRunning */
function webSearch(given, content, isRunning) {
  const links = objects(content)
    .slice(0, MAX_LINKS)
    .map(({ url, title, page_age }) => linkTo(url, title, page_age));
  return card("web_search", isRunning ? "Searching the web" : "Searched the web", {
    subject: text(given.query),
    summary: isRunning ? "" : count(links.length, "result"),
    links,
  });
}

/** @param {any} given @param {any} content @param {boolean} isRunning */
function webFetch(given, content, isRunning) {
  const title = text(content?.content?.title);
  return card("web_fetch", isRunning ? "Reading a page" : "Read a page", {
    subject: text(given.url) || text(content?.url),
    summary: title,
    links: content?.url ? [linkTo(content.url, title, "")] : [],
  });
}

/** @param {string} kind @param {any} given @param {any} content @param {boolean} isRunning */
function code(kind, given, content, isRunning) {
  const source = text(given.code) || text(given.command);
  const status = content?.return_code;
  const hasFailed = Number.isInteger(status) && status !== 0;
  const files = objects(content?.content).filter((made) => text(made.file_id)).length;
  const isSealed = content?.type === "encrypted_code_execution_result";
  const facts = [
    hasFailed ? `exit code ${status}` : "",
    files ? count(files, "file") : "",
    isSealed ? "Only Claude can read what came out." : "",
  ];
  return card(kind, isRunning ? "Running code" : "Ran code", {
    subject: firstLine(source),
    summary: facts.filter(Boolean).join(", "),
    state: hasFailed ? "failed" : "done",
    code: cut(source),
    outputs: outputs(["Output", content?.stdout], ["Errors", content?.stderr]),
    files,
  });
}

/** @param {any} given @param {any} content @param {boolean} isRunning */
function file(given, content, isRunning) {
  const command = text(given.command);
  const written = content?.is_file_update === true ? "Replaced a file" : "Wrote a file";
  const label = Object.hasOwn(FILE_COMMANDS, command) ? FILE_COMMANDS[command] : written;
  const changes = Array.isArray(content?.lines) ? content.lines.join("\n") : "";
  return card("text_editor_code_execution", isRunning ? "Working on a file" : label, {
    subject: text(given.path),
    code: cut(text(given.file_text)),
    outputs: outputs(["Content", content?.content], ["Changes", changes]),
  });
}

/** @param {string} kind @param {any} given @param {any} content @param {boolean} isRunning */
function toolSearch(kind, given, content, isRunning) {
  const names = objects(content?.tool_references).map(({ tool_name }) => text(tool_name));
  return card(kind, isRunning ? "Looking for tools" : "Looked for tools", {
    subject: text(given.pattern) || text(given.query),
    summary: isRunning ? "" : count(names.length, "tool"),
    outputs: outputs(["Tools", names.join("\n")]),
  });
}

/** @param {any} content @param {boolean} isRunning */
function advice(content, isRunning) {
  const isSealed = content?.type === "advisor_redacted_result";
  return card("advisor", isRunning ? "Asking another model" : "Asked another model", {
    summary: isSealed ? "Only Claude can read the advice." : "",
    outputs: outputs(["Advice", content?.text]),
  });
}

/** A tool of an MCP server, or one that is newer than this page. @param {string} kind @param {any} call @param {any} result @param {boolean} isRunning */
function other(kind, call, result, isRunning) {
  const name = text(call.name) || kind.replaceAll("_", " ");
  const hasFailed = result?.is_error === true;
  return card(kind, `${isRunning ? "Using" : "Used"} ${name}`, {
    subject: text(call.server_name),
    summary: hasFailed ? "It failed." : "",
    state: hasFailed ? "failed" : "done",
    code: Object.keys(call.input ?? {}).length ? cut(json(call.input)) : "",
    outputs: outputs(["Result", plain(result?.content)]),
  });
}

/** @param {any} block */
function describedAlone(block) {
  const kind = block.type;
  if (kind === "fallback") {
    const from = text(block.from?.model);
    const summary = from ? `${from} declined` : "";
    return card(kind, "Answered by", { subject: text(block.to?.model), summary });
  }
  if (kind === "mcp_tool_listing") {
    const names = objects(block.tools).map(({ name }) => text(name));
    return card(kind, "Asked for its tools", {
      subject: text(block.mcp_server_name),
      summary: count(names.length, "tool"),
      outputs: outputs(["Tools", names.join("\n")]),
    });
  }
  const hasFailed = (block.content ?? null) === null;
  return card(kind, "Summarised what was said before", {
    summary: hasFailed ? "It failed." : "",
    state: hasFailed ? "failed" : "done",
    outputs: outputs(["Summary", block.content]),
  });
}

/** @param {any} call @param {any} result */
function kindOf(call, result) {
  if (call.type === "mcp_tool_use") return "mcp";
  return call.name || String(result?.type).replace(/_tool_result$/, "");
}

/** @param {string} kind */
function familyOf(kind) {
  if (CODE_TOOLS.has(kind)) return "code_execution";
  return kind.startsWith("tool_search") ? "tool_search" : kind;
}

/** @param {any} url @param {any} title @param {any} age @returns {Link} */
function linkTo(url, title, age) {
  const address = text(url);
  const host = hostOf(address);
  const where = [host, text(age)].filter(Boolean).join(" · ");
  return { title: text(title) || host || address, where, href: safeHref(address) };
}

/** @param {string} url */
function hostOf(url) {
  return URL.canParse(url) ? new URL(url).hostname : "";
}

/** @param {[string, any][]} named @returns {Output[]} */
function outputs(...named) {
  return named
    .filter(([, value]) => text(value).trim())
    .map(([name, value]) => ({ name, text: cut(value) }));
}

/** The texts of a tool's result, and the rest of it as JSON. @param {any} content */
function plain(content) {
  if (typeof content === "string") return content;
  return objects(content)
    .map((part) => (part.type === "text" ? text(part.text) : json(part)))
    .join("\n\n");
}

/** @param {any} value @returns {any[]} */
function objects(value) {
  return Array.isArray(value)
    ? value.filter((item) => item && typeof item === "object" && !Array.isArray(item))
    : [];
}

/** @param {string} source */
function firstLine(source) {
  return (
    source
      .split("\n")
      .map((line) => line.trim())
      .find(Boolean) ?? ""
  );
}

/** @param {number} number @param {string} noun */
function count(number, noun) {
  return number === 1 ? `${number} ${noun}` : `${number} ${noun}s`;
}

/** @param {any} value */
function json(value) {
  return JSON.stringify(value, null, 2);
}

/** @param {string} value */
function cut(value) {
  return value.length <= MAX_TEXT_LENGTH ? value : `${value.slice(0, MAX_TEXT_LENGTH)}…`;
}

/** @param {any} value @returns {string} */
function text(value) {
  return typeof value === "string" ? value : "";
}
