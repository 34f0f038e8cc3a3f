import pytest

from conversations.attachments.ranges import (
    ByteRange,
    RangeNotSatisfiable,
    parse_range,
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-99", ByteRange(0, 100)),
        ("bytes=0-500", ByteRange(0, 100)),
        ("bytes=10-", ByteRange(10, 90)),
        ("bytes=99-", ByteRange(99, 1)),
        ("bytes=-1", ByteRange(99, 1)),
        ("bytes=-500", ByteRange(0, 100)),
        ("Bytes = 5-6 ", ByteRange(5, 2)),
    ],
)
def test_a_range_is_cut_to_the_file(header: str, expected: ByteRange) -> None:
    assert parse_range(header, 100) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "bytes=0x1-2",
        "bytes=1-2,4-5",
        "bytes=٣-٤",
        "bytes=--5",
        "lines=1-2",
        "bytes=0-" + "9" * 5000,
    ],
)
def test_what_is_no_single_range_means_the_whole_file(header: str) -> None:
    assert parse_range(header, 100) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=-5", 0)],
)
def test_a_range_behind_the_end_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, size)


def test_content_range_counts_from_zero_to_the_last_byte() -> None:
    assert ByteRange(10, 5).content_range(100) == "bytes 10-14/100"
