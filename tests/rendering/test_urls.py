"""The URL rule, on the addresses that the browser's copy is tried with too."""

import pytest

from conversations.rendering.urls import is_external, safe_href
from tests.golden import url_verdicts

VERDICTS = url_verdicts()


@pytest.mark.parametrize("url", VERDICTS, ids=ascii)
def test_the_rule(url: str) -> None:
    assert safe_href(url) == (url if VERDICTS[url] else None)


def test_only_web_addresses_are_external() -> None:
    hrefs = ["https://example.org", "HTTP://example.org", "/a", "#a", "mailto:a@b"]

    assert [is_external(href) for href in hrefs] == [True, True, False, False, False]
