"""Small requests beside an answer, for a title or for suggestions: short and cheap."""

from typing import Any

from conversations.claude.capabilities import supported_efforts, supported_thinking
from conversations.models import ModelCard

ASIDE_TOKENS = 300  # ours: a title, a few tags or three short questions
THINKING_TOKENS = 2_000  # ours: room for a model that cannot leave its thinking


def aside_params(
    card: ModelCard, system: str, text: str, schema: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the body of a request that is answered in one piece."""
    params: dict[str, Any] = {
        "model": card.wire_model,
        "max_tokens": ASIDE_TOKENS,
        "system": system,
        "messages": [{"role": "user", "content": text}],
    }
    if "disabled" in supported_thinking(card.capabilities):
        params["thinking"] = {"type": "disabled"}
    elif card.thinking_default in ("always", "on"):
        params["max_tokens"] = ASIDE_TOKENS + THINKING_TOKENS
    config: dict[str, Any] = {}
    if "low" in supported_efforts(card.capabilities):
        config["effort"] = "low"
    if schema is not None:
        config["format"] = {"type": "json_schema", "schema": schema}
    if config:
        params["output_config"] = config
    return params


def text_of(content: list[dict[str, Any]]) -> str:
    """Return the text of an answer that came in one piece."""
    return "".join(block["text"] for block in content if block["type"] == "text")
