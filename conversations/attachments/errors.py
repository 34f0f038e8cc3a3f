"""The one error of this room: an upload that is not taken, with the reason in words.

Every message says what is wrong, what came and what is allowed.
"""

ALLOWED_TYPES = (
    "Allowed are PNG, JPEG, GIF and WebP pictures, PDF documents, Word, Excel and "
    "PowerPoint files (docx, xlsx, pptx), web pages and text files."
)


class UploadRefused(Exception):
    """An upload was not taken. `status` is the HTTP status that says so.

    Types: `no_file`, `too_many_files`, `empty_file`, `file_too_large`, `unsupported_type`,
    `damaged_file`, `image_too_large`, `pdf_encrypted`, `pdf_too_long`,
    `text_too_long`, `file_too_complex`, `unsafe_file`, `office_missing`.
    """

    def __init__(self, type: str, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.status = status


def unsupported(what: str) -> UploadRefused:
    """Return the refusal of a file whose type Claude does not read."""
    return UploadRefused("unsupported_type", f"{what} {ALLOWED_TYPES}", 415)


def damaged(what: str) -> UploadRefused:
    """Return the refusal of a file that says what it is, but cannot be read."""
    return UploadRefused(
        "damaged_file",
        f"{what} It may be damaged or incomplete: open it, save it anew, and attach "
        "that.",
    )
