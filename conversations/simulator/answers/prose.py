"""Answers in markdown to prompts without attachments or tools."""

import re

from conversations.simulator.answers.question import Question, excerpt
from conversations.simulator.answers.samples import (
    STEPS,
    WORD_COUNT,
    code_for,
    mathematics_for,
    table_of,
)

HONESTY = "*Simulated answer: no Claude model was asked.*"
GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings|test|ping)\b.{0,40}$"
    r"|\bwhat (?:can|do) you do\b|\bwho are you\b|\bwhat are you\b|\bshow me (?:everything|"
    r"what you can)\b|\bhelp\b\W*$|\bshowcase\b",
    re.IGNORECASE | re.DOTALL,
)
LOOKING_BACK = re.compile(
    r"\bwhat (?:did|have) i (?:ask|say|write|tell)|\bmy (?:first|last|previous) "
    r"(?:question|message)|\bearlier\b|\bremember\b|\bso far\b",
    re.IGNORECASE,
)
CODE = re.compile(r"\b(?:python|code|function|script|program)\b", re.IGNORECASE)
MATHEMATICS = re.compile(
    r"\b(?:math\w*|formula\w*|equation\w*|integral\w*|latex|theorem)\b", re.IGNORECASE
)
TABLE = re.compile(r"\btables?\b", re.IGNORECASE)
LIST = re.compile(r"\b(?:list|steps?|bullet\w*|checklist)\b", re.IGNORECASE)


def answer_in_prose(question: Question) -> str:
    """Return the markdown answer to a prompt."""
    if GREETING.search(question.text) or not question.text:
        return _showcase(question)
    if LOOKING_BACK.search(question.text) and question.earlier:
        return f"{_history(question)}\n\n{HONESTY}"
    parts = _asked_for(question) or [_plain(question)]
    if note := earlier_note(question):
        parts.append(note)
    return "\n\n".join([*parts, HONESTY])


def earlier_note(question: Question) -> str:
    """Return a sentence about the question before, or nothing."""
    if not question.earlier or not question.earlier[-1]:
        return ""
    return f"Before this you asked: “{excerpt(question.earlier[-1])}”"


def long_text(characters: int) -> str:
    """Return markdown of exactly this many characters."""
    parts = []
    size = 0
    number = 0
    while size < characters:
        number += 1
        part = (
            f"## Part {number}\n\nThis is part {number} of a long simulated answer. It "
            "has **bold** and *italic* words, `code`, and a [link](https://example.com) "
            f"in it.\n\n- item {number}.1\n- item {number}.2\n\n"
        )
        if number % 5 == 0:
            part += f"{WORD_COUNT}\n\n"
        parts.append(part)
        size += len(part)
    text = "".join(parts)[:characters]
    # Spaces at the end would be lost on the way back as history.
    return text.rstrip() + "." * (characters - len(text.rstrip()))


def _asked_for(question: Question) -> list[str]:
    parts = []
    text = question.text
    if TABLE.search(text):
        parts.append(
            f"Here is a table of what I can count in your message:\n\n{table_of(question)}"
        )
    if CODE.search(text):
        parts.append(f"Here is a small function in Python:\n\n{code_for(question)}")
    if MATHEMATICS.search(text):
        parts.append(mathematics_for(question))
    if LIST.search(text):
        parts.append(f"Step by step:\n\n{STEPS}")
    return parts


def _plain(question: Question) -> str:
    quoted = "\n".join(f"> {line}" for line in question.text[:400].splitlines())
    return (
        f"You wrote:\n\n{quoted}\n\n"
        f"That is {len(question.text.split())} words in {len(question.text):,} "
        f"characters. The simulator has no knowledge of the world, so it cannot "
        "answer this as Claude would. What it can really do:\n\n"
        "- read an attached **PDF** or text and cite the passages that match\n"
        "- measure an attached **picture**\n"
        "- write a *table*, *code*, *mathematics* or a *list* when you ask for one"
    )


def _history(question: Question) -> str:
    count = len(question.earlier)
    asked = "\n".join(
        f"{number}. {excerpt(text) or '(no text)'}"
        for number, text in enumerate(question.earlier, 1)
    )
    messages = "one message" if count == 1 else f"{count} messages"
    return f"You sent {messages} before this one:\n\n{asked}"


def _showcase(question: Question) -> str:
    return "\n\n".join(
        [
            "# Hello",
            "I am Colloquy's **simulator**. I stand in for Claude while no API key is "
            "set, so that everything on this page can be tried. I answer from what I am "
            "really given, but I do not understand it.",
            "## What you can try",
            "- Attach a **PDF** and ask about it: I cite true pages, word for word.\n"
            "- Attach a **picture**: I tell its size and its main colours.\n"
            "- Ask for a *table*, *code*, *mathematics* or a *list*.\n"
            "- Ask what you asked before: I remember this conversation.",
            "## A table",
            table_of(question),
            "## Code",
            code_for(question),
            "## Mathematics",
            mathematics_for(question),
            "To see how trouble looks, write `[simulate: 529]` or `[simulate: refusal]`.",
            HONESTY,
        ]
    )
