"""The rules of the Messages API, in the order in which a request meets them."""

from conversations.simulator.models import Model
from conversations.simulator.validation.caching import check_breakpoints
from conversations.simulator.validation.citing import citations_enabled
from conversations.simulator.validation.compaction import check_compaction
from conversations.simulator.validation.conversation import check_contents, check_order
from conversations.simulator.validation.params import check_model_fit, check_params
from conversations.simulator.validation.server_tools import (
    check_container,
    check_server_results,
    check_server_tools,
)
from conversations.simulator.validation.thinking import check_thinking
from conversations.simulator.validation.tools import check_pairing, check_tools
from conversations.simulator.validation.tools_results import check_results
from conversations.simulator.wire import Json

__all__ = ["check_contents", "check_params", "check_request"]


def check_request(
    params: Json, model: Model, betas: frozenset[str], *, is_paused: bool = False
) -> None:
    """Check everything that can be checked without opening attachments.

    Expects params that passed `check_params` and `check_contents`. Raises
    RequestRejected.
    """
    check_model_fit(params, model, betas)
    check_thinking(params, model, betas)
    check_compaction(params, model, betas)
    check_tools(params, model)
    check_order(params, model, is_paused=is_paused)
    check_pairing(params)
    check_server_tools(params)
    check_container(params)
    check_server_results(params)
    check_results(params)
    check_breakpoints(params)
    citations_enabled(params)
