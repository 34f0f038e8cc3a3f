"""The tags of a conversation: a few short words by which a person finds it again."""

from collections.abc import Iterable

MAX_TAGS = 8  # ours: more than anybody reads
MAX_TAG_CHARACTERS = 30


class BadTags(ValueError):
    """Too many tags, or one too long; its text says which, for people."""


def read_tags(words: Iterable[str]) -> list[str]:
    """Return each tag once, on one line, without a leading "#". Raises BadTags."""
    tags: dict[str, str] = {}
    for tag in filter(None, map(_tidy, words)):
        tags.setdefault(tag.casefold(), tag)
    found = list(tags.values())
    if len(found) > MAX_TAGS:
        raise BadTags(
            f"{len(found)} tags are too many; at most {MAX_TAGS} are allowed."
        )
    for tag in found:
        if len(tag) > MAX_TAG_CHARACTERS:
            raise BadTags(
                f"The tag “{tag[:MAX_TAG_CHARACTERS]}…” is too long; at most"
                f" {MAX_TAG_CHARACTERS} characters are allowed."
            )
    return found


def _tidy(word: str) -> str:
    return " ".join(word.split()).strip("#\"',.;: ")
