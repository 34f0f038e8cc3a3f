"""How cache breakpoints may be set."""

from conversations.simulator.errors import invalid
from conversations.simulator.prefix import Piece, pieces
from conversations.simulator.wire import Json

MAX_BREAKPOINTS = 4


def check_breakpoints(params: Json) -> None:
    """Check the number of breakpoints and the order of their lifetimes."""
    automatic = params.get("cache_control")
    marked = [piece for piece in pieces(params) if piece.block.get("cache_control")]
    count = len(marked) + (automatic is not None)
    if count > MAX_BREAKPOINTS:
        raise invalid(
            "cache_control",
            f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be "
            f"provided. Found {count}.",
        )
    lifetimes = [(piece.path, _ttl(piece.block["cache_control"])) for piece in marked]
    if automatic is not None:
        _check_last_block(params, marked, _ttl(automatic))
        lifetimes.append(("", _ttl(automatic)))
    short_came = False
    for path, ttl in lifetimes:
        if ttl == "1h" and short_came:
            raise invalid(
                f"{path}.cache_control.ttl".lstrip("."),
                "a ttl='1h' cache_control block must not come after a ttl='5m' one",
            )
        short_came = short_came or ttl == "5m"


def _check_last_block(params: Json, marked: list[Piece], automatic_ttl: str) -> None:
    last = list(pieces(params))[-1]
    if marked and marked[-1].path == last.path:
        own = _ttl(last.block["cache_control"])
        if own != automatic_ttl:
            raise invalid(
                f"{last.path}.cache_control.ttl",
                f"'{own}' differs from the automatic breakpoint's '{automatic_ttl}'",
            )


def _ttl(cache_control: Json) -> str:
    return str(cache_control.get("ttl") or "5m")
