/** Claude's Markdown as DOM nodes, without a string of HTML. */

export { citationChip } from "./markdown-citations.js";
export { joinRun } from "./markdown-markers.js";
export { MarkdownStream, renderMarkdown } from "./markdown-stream.js";
export { safeHref } from "./markdown-urls.js";
