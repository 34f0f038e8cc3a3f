"""docs/capabilities.md says what the tables say, and its proofs are there."""

from typing import get_args

from conversations.claude.platform_facts import Kind
from tests import capabilities


def test_the_page_is_as_new_as_the_tables() -> None:
    written = capabilities.PAGE.read_text(encoding="utf-8")

    assert written == capabilities.page(), "run: python -m tests.capabilities"


def test_every_platform_has_a_column() -> None:
    assert set(capabilities.SHORT_NAMES) == set(get_args(Kind.__value__))


def test_every_capability_names_a_test_that_is_there() -> None:
    missing = [
        item.test
        for item in capabilities.CAPABILITIES
        if not (capabilities.ROOT / item.test).exists()
    ]

    assert missing == []
