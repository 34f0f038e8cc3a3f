"""The requests of a turn, each with all that a reader wants to know of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conversations.models import RequestRecord, Turn

from . import snippets
from .comparison import Comparison, compare
from .records import Whole, whole

SHOWN_CHARACTERS = 60_000  # ours: what a page can take; the rest is in the file


@dataclass(frozen=True)
class Text:
    """One of the texts of a request, by the name of its file."""

    name: str
    title: str
    whole: str

    @property
    def shown(self) -> str:
        return self.whole[:SHOWN_CHARACTERS]

    @property
    def is_cut(self) -> bool:
        return len(self.whole) > SHOWN_CHARACTERS


@dataclass
class Request:
    """A record made whole, beside the request that came before it."""

    whole: Whole
    earlier: Whole | None

    @property
    def record(self) -> RequestRecord:
        return self.whole.record

    @cached_property
    def comparison(self) -> Comparison | None:
        if self.earlier is None:
            return None
        return compare(self.whole.params, self.earlier.params)

    @property
    def usage(self) -> dict[str, Any]:
        response = self.whole.response or {}
        usage: dict[str, Any] = response.get("usage") or {}
        return usage

    @cached_property
    def texts(self) -> list[Text]:
        found = [Text("request.json", "Request", snippets.as_json(self.whole.params))]
        if self.whole.response is not None:
            answer = snippets.as_json(self.whole.response)
            found.append(Text("answer.json", "Answer", answer))
        found.append(Text("request.sh", "As curl", snippets.as_curl(self.whole)))
        found.append(Text("request.py", "As Python", snippets.as_python(self.whole)))
        return found


def requests_of(turn: Turn) -> list[Request]:
    """Return what is kept of the requests of a turn, in their order."""
    records = list(turn.requests.all())
    if not records:
        return []
    before = (
        RequestRecord.objects.filter(
            turn__conversation_id=turn.conversation_id, id__lt=records[0].id
        )
        .order_by("-id")
        .first()
    )
    chain = records if before is None else [before, *records]
    made = whole(chain, turn.conversation_id)
    earlier = [None, *made] if before is None else made
    return [
        Request(one, other)
        for one, other in zip(made[-len(records) :], earlier, strict=False)
    ]
