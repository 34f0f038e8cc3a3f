"""Where Claude's code runs: in the container that its last answer has left."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from conversations.models import Message, ModelCard, Turn

# API guide, code execution: 30 days. Less, so that none ends on the way there.
REUSABLE = timedelta(days=29)


def container_params(
    card: ModelCard, path: Sequence[Message], tools: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return `container` for a request; {} where code begins in an empty one.

    A container belongs to the account that made it. Without one in the path, no query.
    """
    if not any(str(tool.get("type")).startswith("code_execution_") for tool in tools):
        return {}
    last = next((message for message in reversed(path) if message.container), None)
    if last is None or last.turn_id is None:
        return {}
    if last.created_at < timezone.now() - REUSABLE:
        return {}
    made_by = Turn.objects.filter(id=last.turn_id).values_list("model", flat=True)
    if {_provider(model) for model in made_by} != {_provider(card.model_id)}:
        return {}
    return {"container": last.container}


def _provider(model_id: str) -> str:
    """Return the slug of a model's provider, "" for the platform of the environment."""
    return model_id.partition("/")[0] if "/" in model_id else ""
