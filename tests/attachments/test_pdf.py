import pytest

from tests.attachments import samples
from tests.attachments.reading import read, refusal

ENCRYPTED = (
    "pdf_encrypted",
    "This PDF is encrypted or protected by a password, and only PDFs without "
    'protection can be read. Save a copy without it (for example with "Print to PDF") '
    "and attach that.",
    422,
)


@pytest.mark.parametrize("pages", [1, 2, 600])
def test_pages_are_counted(pages: int) -> None:
    parts = read(samples.pdf(pages))

    assert parts["facts"] == {
        "kind": "pdf",
        "media_type": "application/pdf",
        "pages": pages,
    }
    assert sorted(parts) == ["facts", "thumbnail"]


def test_too_many_pages_are_refused_with_the_numbers() -> None:
    assert refusal(samples.pdf(601)) == (
        "pdf_too_long",
        "This PDF has 601 pages, but at most 600 are allowed. Attach the pages that "
        "matter.",
        422,
    )


@pytest.mark.parametrize("password", [b"secret", b""], ids=["closed", "open"])
def test_an_encrypted_pdf_is_refused(password: bytes) -> None:
    assert refusal(samples.encrypted_pdf(password)) == ENCRYPTED


def test_an_unknown_protection_is_refused() -> None:
    content = samples.pdf(trailer=b"/Encrypt << /Filter /Unheard /V 9 >>")

    assert refusal(content) == ENCRYPTED


def test_a_pdf_that_counts_pages_it_does_not_have_is_refused() -> None:
    type_, message, status = refusal(samples.pdf(2, count=5))

    assert (type_, status) == ("damaged_file", 422)
    assert message.startswith(
        "This PDF says that it has 5 pages, but page 3 cannot be read."
    )


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-",
        b"%PDF-1.7\n<html><script>alert(1)</script></html>",
        b"%PDF-1.4\n" + b"\x00" * 10_000,
        samples.pdf()[:60],
    ],
    ids=["header", "html", "zeros", "truncated"],
)
def test_a_pdf_in_name_only_is_refused(content: bytes) -> None:
    type_, message, status = refusal(content)

    assert (type_, status) == ("damaged_file", 422)
    assert message.startswith("This file begins like a PDF but cannot be read.")
