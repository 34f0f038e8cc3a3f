"""`GET /v1/models`: the list in pages, and one model by its id or alias."""

from collections.abc import Iterable, Sequence

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.models import Model
from conversations.simulator.wire import Json

STAGES = ("active", "deprecated", "retired")
# The beta namespace of the SDK adds `beta=true` to every path.
LIST_OPTIONS = ("limit", "after_id", "before_id", "lifecycle[]", "lifecycle", "beta")


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
    query: Iterable[tuple[str, str]],
    betas: frozenset[str] = frozenset(),
) -> Json:
    """Return one page of the list."""
    options = dict(query)
    stages = [v for key, v in query if key in ("lifecycle[]", "lifecycle")]
    for name in options:
        if name not in LIST_OPTIONS:
            raise invalid(name, "Extra inputs are not permitted")
    if unknown := set(stages) - set(STAGES):
        raise invalid(
            "lifecycle", f"'{min(unknown)}' is not one of {', '.join(STAGES)}"
        )
    shown = [m for m in models if m.lifecycle in (stages or STAGES[:2])]
    page, has_more = _page(shown, options)
    return {
        "data": [model.as_json(betas) for model in page],
        "has_more": has_more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _page(shown: list[Model], options: dict[str, str]) -> tuple[list[Model], bool]:
    limit = _limit(options.get("limit", "20"))
    ids = [model.id for model in shown]
    if before := options.get("before_id"):
        earlier = shown[: _position(ids, before, "before_id")]
        return earlier[-limit:], len(earlier) > limit
    start = 0
    if after := options.get("after_id"):
        start = _position(ids, after, "after_id") + 1
    return shown[start : start + limit], len(shown) > start + limit


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise invalid("limit", "Input should be between 1 and 1000")
    return int(text)


def _position(ids: list[str], cursor: str, name: str) -> int:
    if cursor not in ids:
        raise invalid(name, f"'{cursor}' is not the id of a listed model")
    return ids.index(cursor)
