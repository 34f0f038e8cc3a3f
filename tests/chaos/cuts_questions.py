"""Questions whose answers come in every shape that a tab has to fold."""

import random
from dataclasses import dataclass, field
from typing import Any

DELTA_SECONDS = 0.02
WORDS = (
    *("river", "Grüße", "naïve", "日本語", "👩‍👩‍👧", "`code`", "**bold**", "$x^2$"),
    *("and", "the", "a", "of", "table |", "[link](https://example.com)", "\\n", "<b>"),
)
NOTES = "The kettle is in the attic. The roof leaks in March. Nobody winds the clock. "


@dataclass(frozen=True)
class Question:
    """What is asked, and how far its answer comes."""

    kind: str
    text: str
    # completed, or failed or cancelled with the beginning of the text.
    ends: str = "completed"
    # The upstream's connection is reset after so many bytes of the answer.
    break_after_bytes: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)


def make_question(kind: str, chance: random.Random, attachment: str) -> Question:
    """Return a question of a kind; `attachment` is the id of a stored file."""
    slow = f"[simulate: slow seconds={DELTA_SECONDS}]"
    number = chance.randrange(10**9)
    match kind:
        case "echo":
            text = f"{slow} [simulate: silent] [simulate: echo] {_words(chance, 600)}"
            return Question(kind, text)
        case "thinking":
            return Question(kind, f"{slow} Show me everything you can, case {number}")
        case "citations":
            text = f"{slow} What does the document say of case {number}?"
            return Question(kind, text, fields={"attachments": [attachment]})
        case "busy":
            return Question(kind, f"{slow} [simulate: 529 times=1] A list of {number}")
        case "broken":
            text = f"{slow} [simulate: long chars=4000] {number}"
            limit = chance.randrange(8_000, 20_000)
            return Question(kind, text, ends="failed", break_after_bytes=limit)
        case "stopped":
            text = f"{slow} [simulate: long chars=6000] {number}"
            return Question(kind, text, ends="cancelled")
        case _:
            return Question("long", f"{slow} [simulate: long chars=4000] {number}")


KINDS = ("echo", "thinking", "long", "citations", "busy", "stopped", "broken")


def notes(chance: random.Random) -> str:
    """Return a document of some length to be asked about."""
    return "\n".join(f"{NOTES}Case {chance.randrange(99)}." for _line in range(60))


def _words(chance: random.Random, count: int) -> str:
    """Return words in which a lost, doubled or moved one shows."""
    return " ".join(f"{chance.choice(WORDS)}{number}" for number in range(count))
