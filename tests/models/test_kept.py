"""What is kept in a bounded memory."""

import pytest

from conversations.models.kept import Kept


@pytest.fixture
def texts() -> Kept[str, str]:
    return Kept(10, len)


def test_what_was_used_longest_ago_goes_first(texts: Kept[str, str]) -> None:
    texts.keep("first", "x" * 5)
    texts.keep("second", "x" * 5)
    texts.find("first")

    texts.keep("third", "x" * 5)

    found = {name for name in ("first", "second", "third") if texts.find(name)}
    assert found == {"first", "third"}


def test_what_is_larger_than_all_may_be_is_not_kept(texts: Kept[str, str]) -> None:
    texts.keep("small", "x")

    texts.keep("large", "x" * 11)

    assert texts.find("large") is None
    assert texts.find("small") == "x"


def test_what_became_too_large_is_not_kept_as_it_was(texts: Kept[str, str]) -> None:
    texts.keep("first", "x")

    texts.keep("first", "x" * 11)

    assert texts.find("first") is None


def test_keeping_again_counts_once_and_takes_the_newest(texts: Kept[str, str]) -> None:
    texts.keep("other", "xx")

    for number in range(5):
        texts.keep("first", f"newest {number}")

    assert texts.find("first") == "newest 4"
    assert texts.find("other") == "xx"
