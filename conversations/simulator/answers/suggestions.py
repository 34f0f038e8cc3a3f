"""Messages that a person may send next, made from words of the question."""

from conversations.simulator.answers.titles import make_tags
from conversations.simulator.wire import Json

FORMS = (
    "Tell me more about {}.",
    "Give me an example of {}.",
    "What speaks against {}?",
)
NOTHING = "that"


def is_suggestion_request(params: Json) -> bool:
    """Return whether the request only wants what may be asked next."""
    output_format = (params.get("output_config") or {}).get("format")
    if not output_format or "suggest" not in str(params.get("system") or "").lower():
        return False
    return list(output_format["schema"].get("properties") or {}) == ["suggestions"]


def make_suggestions(params: Json) -> list[str]:
    """Return three short messages."""
    words = make_tags(params) or [NOTHING]
    return [form.format(words[at % len(words)]) for at, form in enumerate(FORMS)]
