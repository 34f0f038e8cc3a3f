"""The order of messages: who may speak when, and who must speak last."""

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.models import Model
from conversations.simulator.prefix import THINKING_TYPES, content_blocks
from conversations.simulator.validation.blocks import SERVER_RESULTS, check_content
from conversations.simulator.validation.compaction import is_compacting
from conversations.simulator.wire import Json


def check_contents(params: Json, version: str) -> None:
    """Check the content blocks of every message."""
    messages = params["messages"]
    if not messages:
        raise RequestRejected("messages: at least one message is required")
    for index, message in enumerate(messages):
        path = f"messages.{index}"
        is_last = index == len(messages) - 1
        if not message["content"] and not (is_last and message["role"] == "assistant"):
            raise invalid(
                path,
                "all messages must have non-empty content except for the optional "
                "final assistant message",
            )
        check_content(message["content"], f"{path}.content", message["role"], version)


def check_order(params: Json, model: Model, *, is_paused: bool) -> None:
    """Check who speaks when. Expects params that passed `check_contents`.

    `is_paused` says that the last assistant message is one the simulator
    paused in, which may stand at the end on every model.
    """
    messages = params["messages"]
    if messages[0]["role"] != "user" and not _is_compacted(messages[0]):
        raise invalid("messages.0", "the first message must use the user role")
    for index, message in enumerate(messages):
        if message["role"] == "system":
            _check_system_message(messages, index, model)
    may_end = is_paused or is_compacting(params)
    if messages[-1]["role"] == "assistant" and not may_end:
        _check_prefill(params, model)


def _is_compacted(message: Json) -> bool:
    blocks = content_blocks(message["content"])
    return bool(blocks) and blocks[0]["type"] == "compaction"


def _check_system_message(messages: list[Json], index: int, model: Model) -> None:
    path = f"messages.{index}"
    if not model.takes_system_messages:
        raise invalid(
            f"{path}.role", f"system messages are not supported by {model.id}"
        )
    before = index - 1
    while messages[before]["role"] == "system":
        before -= 1
    if messages[before]["role"] == "assistant" and not _ends_in_server_result(
        messages[before]
    ):
        raise invalid(
            path,
            "a system message must directly follow a user turn or an assistant turn "
            "that ends in a server tool result",
        )
    following = next(
        (
            message["role"]
            for message in messages[index:]
            if message["role"] != "system"
        ),
        "assistant",
    )
    if following != "assistant":
        raise invalid(
            path, "a system message must be last or be followed by an assistant turn"
        )


def _ends_in_server_result(message: Json) -> bool:
    blocks = content_blocks(message["content"])
    return bool(blocks) and blocks[-1]["type"] in SERVER_RESULTS


def _check_prefill(params: Json, model: Model) -> None:
    path = f"messages.{len(params['messages']) - 1}"
    if not model.is_old:
        raise invalid(
            path,
            f"{model.id} does not support assistant message prefill. The conversation "
            "must end with a user message.",
        )
    if (params.get("thinking") or {}).get("type") == "enabled":
        raise invalid(path, "prefill is not supported while thinking is enabled")
    if (params.get("output_config") or {}).get("format"):
        raise invalid(path, "prefill is not supported with `output_config.format`")
    blocks = content_blocks(params["messages"][-1]["content"])
    if blocks and blocks[-1]["type"] in THINKING_TYPES:
        raise invalid(
            path,
            "The final block in an assistant message cannot be "
            f"`{blocks[-1]['type']}`.",
        )
    if blocks and blocks[-1].get("text", "").endswith((" ", "\n", "\t")):
        raise invalid(
            path, "final assistant content cannot end with trailing whitespace"
        )
