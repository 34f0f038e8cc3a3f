"""Citations are switched on for everything that can be cited, or for nothing."""

from conversations.simulator.errors import invalid
from conversations.simulator.prefix import nested_blocks
from conversations.simulator.wire import Json

CITABLE = ("document", "search_result")


def citations_enabled(params: Json) -> bool:
    """Return whether the answer shall cite. Raises when the blocks disagree."""
    switches = [
        (path, bool((block.get("citations") or {}).get("enabled")))
        for path, block in nested_blocks(params)
        if block["type"] in CITABLE
    ]
    if not switches:
        return False
    first = switches[0][1]
    for path, enabled in switches:
        if enabled != first:
            raise invalid(
                f"{path}.citations",
                "citations must be enabled on all documents and search results or "
                "on none",
            )
    if first and (params.get("output_config") or {}).get("format"):
        raise invalid(
            "output_config.format", "citations cannot be combined with a JSON format"
        )
    return first
