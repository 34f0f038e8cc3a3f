"""The top level of a request body: which fields there are and their bounds."""

from collections.abc import Mapping
from typing import Any

from conversations.simulator.errors import invalid
from conversations.simulator.models import EFFORTS, Model
from conversations.simulator.validation.blocks import check_block, check_cache_control
from conversations.simulator.validation.compaction import check_config
from conversations.simulator.validation.schemas import check_output_schema
from conversations.simulator.validation.shapes import (
    Check,
    a_bool,
    a_list,
    a_number,
    a_string,
    an_integer,
    an_object,
    anything,
    check_object,
    join,
    list_of,
    one_of,
    string_up_to,
    tagged,
)
from conversations.simulator.wire import Json

SAMPLING_FIELDS = ("temperature", "top_p", "top_k")
# The two models that run fast without a header, and the two that need one.
FAST_MODELS = ("claude-fable-5-2", "claude-opus-5-5")
FAST_BETA_MODELS = ("claude-opus-5", "claude-opus-4-8")
FAST_BETA = "fast-mode-2026-02-01"


def check_params(params: Any, version: str, *, counting: bool) -> None:
    """Check the fields of a Messages request, or of a counting request."""
    an_object(params, "body")
    if version >= "2026-10-21":
        for name in SAMPLING_FIELDS:
            if name in params:
                raise invalid(
                    name, f"`{name}` is not supported as of version {version}"
                )
    required = dict(COUNTED_REQUIRED)
    optional = dict(COUNTED_OPTIONAL)
    if not counting:
        required["max_tokens"] = an_integer(0)
        optional |= ANSWERED_OPTIONAL
        if version < "2026-10-21":
            optional |= SAMPLING
    check_object(params, "", required, optional)
    check_system(params.get("system"), version)


def check_system(system: Any, version: str) -> None:
    """Check the system prompt: a string or a list of text blocks."""
    if system is None or isinstance(system, str):
        return
    a_list(system, "system")
    for index, block in enumerate(system):
        check_block(block, f"system.{index}", "system", version)


def check_model_fit(params: Json, model: Model, betas: frozenset[str]) -> None:
    """Check the fields whose allowed values depend on the model."""
    _check_max_tokens(params, model)
    _check_speed(params, model, betas)
    if params.get("inference_geo") is not None and model.is_old:
        raise invalid("inference_geo", f"not supported by {model.id}")
    effort = (params.get("output_config") or {}).get("effort")
    if effort is not None and effort not in model.efforts:
        expected = ", ".join(model.efforts) or "none: the model has no effort levels"
        raise invalid(
            "output_config.effort",
            f"'{effort}' is not supported by {model.id}. Supported: {expected}",
        )
    _check_sampling(params, model)


def _check_max_tokens(params: Json, model: Model) -> None:
    asked = params.get("max_tokens")
    if asked is None:
        return
    if asked > model.max_tokens:
        raise invalid(
            "max_tokens",
            f"{asked} > {model.max_tokens}, which is the maximum allowed number of "
            f"output tokens for {model.id}",
        )
    if asked == 0:
        _check_prewarming(params)


def _check_prewarming(params: Json) -> None:
    thinking = params.get("thinking") or {}
    choice = params.get("tool_choice") or {}
    clashes = {
        "stream": params.get("stream"),
        "thinking.type": thinking.get("type") == "enabled",
        "output_config.format": (params.get("output_config") or {}).get("format"),
        "tool_choice.type": choice.get("type") in ("any", "tool"),
    }
    for path, clash in clashes.items():
        if clash:
            raise invalid(path, "not allowed together with `max_tokens` of 0")


def _check_speed(params: Json, model: Model, betas: frozenset[str]) -> None:
    if params.get("speed") != "fast":
        return
    if model.id in FAST_MODELS:
        return
    if model.id in FAST_BETA_MODELS and FAST_BETA in betas:
        return
    raise invalid("speed", f"'fast' is not supported by {model.id}")


def _check_sampling(params: Json, model: Model) -> None:
    defaults: Mapping[str, float] = {"temperature": 1, "top_p": 1}
    for name in SAMPLING_FIELDS:
        value = params.get(name)
        if value is None or not model.takes_large_images:
            continue
        # The models from 4.7 on refuse what differs from the default.
        if name not in defaults or value != defaults[name]:
            raise invalid(name, f"`{name}` is not supported by {model.id}")


def _check_metadata(value: Any, path: str) -> None:
    check_object(value, path, {}, {"user_id": string_up_to(256)})


def _check_thinking(value: Any, path: str) -> None:
    kind = tagged(value, path, ("adaptive", "enabled", "disabled", "between_tools"))
    display = one_of(("summarized", "omitted"))
    required: dict[str, Check] = {"type": anything}
    optional: dict[str, Check] = {}
    if kind in ("adaptive", "enabled"):
        optional |= {"display": display, "block_binding": _check_binding}
    if kind == "enabled":
        required["budget_tokens"] = an_integer(1024)
    check_object(value, path, required, optional)


def _check_binding(value: Any, path: str) -> None:
    behaviour = one_of(("drop_block", "error"))
    check_object(value, path, {}, {"prefix_mismatch_behavior": behaviour})


def _check_output_config(value: Any, path: str) -> None:
    check_object(value, path, {}, {"effort": one_of(EFFORTS), "format": _check_format})


def _check_format(value: Any, path: str) -> None:
    tagged(value, path, ("json_schema",))
    check_object(value, path, {"type": anything, "schema": check_output_schema})


def _check_container(value: Any, path: str) -> None:
    if not isinstance(value, str):
        check_object(value, path, {}, {"id": a_string, "skills": a_list})


def _check_diagnostics(value: Any, path: str) -> None:
    check_object(value, path, {}, {"previous_message_id": a_string})


def _check_system_type(value: Any, path: str) -> None:
    if not isinstance(value, str | list):
        raise invalid(path, "Input should be a string or a list of text blocks")


def _check_messages(value: Any, path: str) -> None:
    a_list(value, path)
    if len(value) > 100_000:
        raise invalid(path, f"at most 100000 messages are allowed, got {len(value)}")
    for index, message in enumerate(value):
        check_object(
            message,
            join(path, index),
            {
                "role": one_of(("user", "assistant", "system")),
                "content": _check_content_type,
            },
        )


def _check_content_type(value: Any, path: str) -> None:
    if not isinstance(value, str | list):
        raise invalid(path, "Input should be a string or a list of content blocks")


COUNTED_REQUIRED: Mapping[str, Check] = {
    "model": string_up_to(256),
    "messages": _check_messages,
}
# `tools` and `tool_choice` have a file of their own, which needs both at once.
COUNTED_OPTIONAL: Mapping[str, Check] = {
    "system": _check_system_type,
    "tools": a_list,
    "tool_choice": an_object,
    "thinking": _check_thinking,
    "output_config": _check_output_config,
    "speed": one_of(("standard", "fast")),
    "cache_control": check_cache_control,
    "compaction": check_config,
}
ANSWERED_OPTIONAL: Mapping[str, Check] = {
    "stream": a_bool,
    "stop_sequences": list_of(string_up_to(1000)),
    "metadata": _check_metadata,
    "service_tier": one_of(("auto", "standard_only")),
    "inference_geo": a_string,
    "container": _check_container,
    "diagnostics": _check_diagnostics,
}
SAMPLING: Mapping[str, Check] = {
    "temperature": a_number(0, 1),
    "top_p": a_number(0, 1),
    "top_k": an_integer(0),
}
