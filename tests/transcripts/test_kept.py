"""Printed entries in a bounded memory."""

from django.utils.safestring import SafeString

from conversations.transcripts.kept import KeptEntries, KeptEntry

LETTERS = KeptEntry(SafeString("x" * 1_000))


def test_what_was_used_longest_ago_goes_first() -> None:
    entries = KeptEntries(max_bytes=2 * LETTERS.size_bytes)
    entries.keep("first", LETTERS)
    entries.keep("second", LETTERS)
    entries.find("first")

    entries.keep("third", LETTERS)

    found = {name for name in ("first", "second", "third") if entries.find(name)}
    assert found == {"first", "third"}


def test_what_is_larger_than_all_may_be_is_not_kept() -> None:
    entries = KeptEntries(max_bytes=LETTERS.size_bytes - 1)

    entries.keep("first", LETTERS)

    assert entries.find("first") is None


def test_keeping_again_counts_once() -> None:
    entries = KeptEntries(max_bytes=2 * LETTERS.size_bytes)
    entries.keep("other", LETTERS)

    for _ in range(5):
        entries.keep("first", LETTERS)

    assert entries.find("other") is LETTERS
