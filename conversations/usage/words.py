"""What the books say, in words for people."""

from collections.abc import Iterable

from conversations.claude.billing import Unpriced

_NAMES: dict[str, str] = {
    Unpriced.MODEL: "no price is set for this model",
    Unpriced.FAST_MODE: "the price of fast mode is not known",
    Unpriced.REGION: "the price of this region is not known",
    Unpriced.PRIORITY: "priority capacity is paid by contract",
    Unpriced.CODE_TIME: "the time of code execution is not in it",
}


def unpriced_names(unpriced: Iterable[str]) -> list[str]:
    """Return what is not known of a cost, as half sentences."""
    return [_NAMES.get(name, name) for name in unpriced]
