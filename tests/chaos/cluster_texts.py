"""Prompts whose answers are known to the letter: the simulator repeats the text."""

from dataclasses import dataclass

# The simulator's pace 1: pieces of one to five words, thirty pieces a second.
WORDS_PER_SECOND = 90


@dataclass(frozen=True)
class Question:
    """What a person asks, and the text that the answer must have; None is any."""

    prompt: str
    answer: str | None
    thinks: bool = False


def question(name: str, seconds: float, *, thinks: bool = False) -> Question:
    """Return a question whose answer streams for about `seconds` at pace 1.

    The words are numbered and carry the name, so that a lost, doubled or foreign
    piece of an answer cannot go unseen.
    """
    count = max(1, round(seconds * WORDS_PER_SECOND))
    answer = " ".join(f"{name}.{number}" for number in range(count))
    silent = "" if thinks else "[simulate: silent]"
    return Question(f"{silent}[simulate: echo]\n{answer}", answer, thinks)


def waiting_question(name: str, seconds: float) -> Question:
    """Return a question of which nothing is answered for `seconds`, asked once.

    The API is busy and says when to come again; then it answers in its own words.
    """
    busy = f"[simulate: 429 times=1 retry-after={seconds:.0f}]"
    return Question(f"{busy}[simulate: silent] {name}", None)
