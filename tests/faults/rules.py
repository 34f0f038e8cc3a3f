"""What the upstream takes: the simulator's rules, signatures apart."""

from typing import Any

from conversations.simulator.catalogue import find_model
from conversations.simulator.errors import RequestRejected
from conversations.simulator.models import KNOWN_MODELS
from conversations.simulator.validation import (
    check_contents,
    check_params,
    check_request,
)

type Json = dict[str, Any]

UNUSUAL = ("weather", "fallback", "server_tool_use", "web_search_tool_result")


def refusal_of(params: Json) -> str | None:
    """Return why the API would not take this request, if it would not."""
    version = "2026-10-21"
    params = {**params, "messages": [_usual(item) for item in params["messages"]]}
    try:
        check_params(params, version, counting=False)
        check_contents(params, version)
        model = find_model(KNOWN_MODELS, params["model"])
        is_paused = params["messages"][-1]["role"] == "assistant"
        check_request(params, model, frozenset(), is_paused=is_paused)
    except RequestRejected as rejection:
        return str(rejection)
    return None


def _usual(message: Json) -> Json:
    """Leave out what the simulator does not know: the API takes back what it sent."""
    content = message["content"]
    if isinstance(content, str):
        return message
    usual = [block for block in content if block["type"] not in UNUSUAL]
    return {**message, "content": usual}
