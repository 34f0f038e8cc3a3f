import pytest

from conversations.templatetags.figures import (
    dollars,
    duration,
    file_size,
    savings,
    thousands,
)


def test_thousands() -> None:
    assert [thousands(0), thousands(51234)] == ["0", "51,234"]


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        ("0", "$0.00"),
        ("0.7712", "$0.77"),
        ("1234.5", "$1,234.50"),
        ("0.0042", "$0.0042"),
        ("0.00901", "$0.009"),
        ("0.00001", "< $0.0001"),
    ],
)
def test_dollars(cost: str, text: str) -> None:
    assert dollars(cost) == text


@pytest.mark.parametrize(
    ("saved", "text"),
    [
        ("0.5", "saved $0.50"),
        ("0", "saved $0.00"),
        ("-0.0072", "filling it cost $0.0072"),
    ],
)
def test_savings(saved: str, text: str) -> None:
    assert savings(saved) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "< 1 s"),
        (41.4, "41 s"),
        (59.7, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3780, "1 h 3 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(812, "812 B"), (41 * 1024, "41 KB"), (1_258_291, "1.2 MB")]
)
def test_file_size(size: int, text: str) -> None:
    assert file_size(size) == text
