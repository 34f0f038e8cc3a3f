"""`GET /v1/models`: the list in pages, and one model by its id or alias."""

from collections.abc import Sequence

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.models import Model
from conversations.simulator.pages import page_of
from conversations.simulator.wire import Json

STAGES = ("active", "deprecated", "retired")
LIFECYCLE_OPTIONS = ("lifecycle[]", "lifecycle")


def find_model(models: Sequence[Model], model_id: str) -> Model:
    """Return the model that an id or alias names. Raises the API's 404."""
    for model in models:
        if model_id in (model.id, model.alias):
            return model
    raise RequestRejected(f"model: {model_id}", status=404)


def find_usable_model(models: Sequence[Model], model_id: str) -> Model:
    """Return the model for a request, which a retired one cannot answer."""
    model = find_model(models, model_id)
    if model.lifecycle == "retired":
        raise RequestRejected(f"model: {model_id} is retired", status=404)
    return model


def list_models(
    models: Sequence[Model],
    query: Sequence[tuple[str, str]],
    betas: frozenset[str] = frozenset(),
) -> Json:
    """Return one page of the list."""
    stages = [value for key, value in query if key in LIFECYCLE_OPTIONS]
    if unknown := set(stages) - set(STAGES):
        raise invalid(
            "lifecycle", f"'{min(unknown)}' is not one of {', '.join(STAGES)}"
        )
    shown = [m for m in models if m.lifecycle in (stages or STAGES[:2])]
    return page_of(shown, query, lambda m: m.as_json(betas), LIFECYCLE_OPTIONS)
