"""What is asked of the API, before anybody knows which platform answers."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from .types import Params


@dataclass(frozen=True)
class LongBody:
    """A body that is never whole in memory; `chunks` can be called again."""

    size_bytes: int
    chunks: Callable[[], AsyncIterator[bytes]]
    content_type: str = "application/json"


@dataclass(frozen=True)
class Call:
    """What is asked of the API: an endpoint, and a body or a query.

    `betas` are the beta features that this one call needs, beside those of its provider.
    A call that is not repeatable goes out once and no more, even where the connection
    breaks before an answer: the API may have done what was asked.
    """

    method: str
    path: str
    params: Params | LongBody | None = None
    query: dict[str, str | int] | None = None
    betas: tuple[str, ...] = ()
    is_repeatable: bool = True
