"""Word, Excel and PowerPoint files: checked, then read by their own library."""

import importlib
from collections.abc import Iterator

from conversations.attachments.conversions.package import NAMES, check_package
from conversations.attachments.errors import UploadRefused, damaged
from conversations.attachments.parts import Part
from conversations.attachments.text import text_parts


def read_office(content: bytes) -> Iterator[Part]:
    """Yield the text of an Office file, then its facts. Raises UploadRefused."""
    found = check_package(content)
    try:
        module = importlib.import_module(
            f"conversations.attachments.conversions.{found}"
        )
    except ModuleNotFoundError as error:
        raise UploadRefused(
            "office_missing",
            f"This server does not read {NAMES[found]}s: the Python package "
            f"{error.name} is not installed (the optional extra `office`). Save the "
            "file as PDF and attach that.",
            415,
        ) from error
    try:
        text: str = module.text_of(content)
    except (UploadRefused, MemoryError):
        raise
    except Exception as error:
        # The libraries raise whatever their code trips over; all of it is the file's.
        raise damaged(f"This {NAMES[found]} cannot be read.") from error
    yield from text_parts(text, f"This {NAMES[found]}", found)
