import httpx
import pytest

from conversations.fetching.names import file_name


@pytest.mark.parametrize(
    ("url", "disposition", "name"),
    [
        ("https://example.org/a/report.pdf?x=1", "", "report.pdf"),
        ("https://example.org/a/", "", "a"),
        ("https://example.org", "", "example.org"),
        ("https://example.org/%C3%A4.txt", "", "ä.txt"),
        ("https://example.org/a", 'attachment; filename="two words.pdf"', "two words.pdf"),
        ("https://example.org/a", r'attachment; filename="a \"b\".pdf"', 'a "b".pdf'),
        ("https://example.org/a", "attachment; filename=bare.pdf", "bare.pdf"),
        ("https://example.org/a",
         "attachment; filename=\"x.pdf\"; filename*=UTF-8''%C3%A4.pdf", "ä.pdf"),
        ("https://example.org/a", 'inline; filename="', "a"),
    ],
)  # fmt: skip
def test_a_file_has_a_name(url: str, disposition: str, name: str) -> None:
    assert file_name(httpx.URL(url), disposition) == name
