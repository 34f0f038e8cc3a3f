"""The calls of tools, each with its result.

static/js/server-tools.js pairs those of a running answer by the same rules.
"""

from collections.abc import Iterable

from conversations.claude import Block

# Claude's servers answer them, in the same answer or in one of its later rounds.
SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})
# What we answer comes in the message between two rounds.
CALLS = SERVER_CALLS | {"tool_use"}

type Paired = tuple[Block, Block | None]


def pair_results(blocks: Iterable[Block]) -> list[Paired]:
    """Return each block with the result that belongs to it.

    Such a result stands nowhere else, so that the texts around it are one text. One
    without a call before it stands for itself.
    """
    paired: list[Paired] = []
    places: dict[object, int] = {}
    for block in blocks:
        place = places.get(block.get("tool_use_id"))
        if place is not None and paired[place][1] is None:
            paired[place] = (paired[place][0], block)
            continue
        if block.get("type") in CALLS and isinstance(block.get("id"), str):
            places[block["id"]] = len(paired)
        paired.append((block, None))
    return paired
