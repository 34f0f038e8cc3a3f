/** Why a server tool failed, in words; conversations/rendering/server_tool_errors.py says the same. */

/** By the tool, then by the API's `error_code`. @type {Record<string, Record<string, string>>} */
const SENTENCES = {
  web_search: {
    invalid_tool_input: "Claude's search was not valid.",
    unavailable: "Web search is not available at the moment.",
    max_uses_exceeded: "The limit of searches was reached.",
    too_many_requests: "There were too many searches in a short time.",
    query_too_long: "Claude's search was too long.",
    request_too_large: "The conversation is too large for a search.",
  },
  web_fetch: {
    invalid_tool_input: "Claude's address was not valid.",
    url_too_long: "The address is too long.",
    url_not_allowed: "This site may not be opened here.",
    url_not_in_prior_context: "Claude may only open addresses that were mentioned before.",
    url_not_accessible: "The page could not be opened.",
    unsupported_content_type: "Claude cannot read this kind of page.",
    too_many_requests: "There were too many pages in a short time.",
    max_uses_exceeded: "The limit of pages was reached.",
    unavailable: "Opening pages is not available at the moment.",
    content_too_large: "The page is too large.",
  },
  code_execution: {
    invalid_tool_input: "Claude's code was not valid.",
    unavailable: "Running code is not available at the moment.",
    too_many_requests: "Code was run too often in a short time.",
    execution_time_exceeded: "The code ran too long and was stopped.",
    output_file_too_large: "A file that the code made is too large.",
    file_not_found: "The file is not there.",
  },
  tool_search: {
    invalid_tool_input: "Claude's search for tools was not valid.",
    unavailable: "The search for tools is not available at the moment.",
    too_many_requests: "There were too many searches for tools in a short time.",
    execution_time_exceeded: "The search for tools took too long.",
  },
};

/** @param {string} family @param {string} code */
export function sentenceFor(family, code) {
  const known = Object.hasOwn(SENTENCES, family) ? SENTENCES[family] : {};
  return Object.hasOwn(known, code)
    ? known[code]
    : `It failed: ${code.replaceAll("_", " ")}.`;
}
