"""Will the whole path fit the model: pictures, pages and bytes of one request."""

from collections.abc import Iterable
from dataclasses import dataclass

from conversations.claude.platform_facts import PLATFORMS
from conversations.models import Attachment, Kind, ModelCard

# API limits, vision and PDF guides; they span all of history.
LARGE_WINDOW_TOKENS = 1_000_000
MAX_FILES_LARGE_WINDOW = 600
MAX_FILES_SMALL_WINDOW = 100
# ours: for the text, thinking and JSON around the files
RESERVED_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Load:
    """What the files of a path weigh in a request."""

    images: int = 0
    pages: int = 0
    size_bytes: int = 0


def load_of(attachments: Iterable[Attachment], carried: Iterable[Attachment]) -> Load:
    """Add up attachments, each as often as the path holds it.

    `carried` are those whose bytes go along; the others are uploaded and named.
    """
    images = pages = 0
    for item in attachments:
        images += item.kind == Kind.IMAGE
        pages += item.pages or 0
    return Load(images, pages, sum(map(encoded_size, carried)))


def encoded_size(item: Attachment) -> int:
    """Return the bytes that a file takes in the request body."""
    if item.kind == Kind.TEXT:
        return item.sent_size_bytes
    return (item.sent_size_bytes + 2) // 3 * 4


def problem(load: Load, card: ModelCard) -> str | None:
    """Say with the numbers why a request cannot be sent, or None when it fits."""
    window = card.max_input_tokens
    is_large = window is None or window >= LARGE_WINDOW_TOKENS
    most = MAX_FILES_LARGE_WINDOW if is_large else MAX_FILES_SMALL_WINDOW
    if load.images > most:
        return _too_many("pictures", load.images, most, card)
    if load.pages > most:
        return _too_many("PDF pages", load.pages, most, card)
    platform = card.provider.facts if card.provider else PLATFORMS["anthropic"]
    allowed = platform.max_request_bytes - RESERVED_BYTES
    if load.size_bytes > allowed:
        where = f" with {card.provider.name}" if card.provider else ""
        return (
            f"The files of this conversation take {_megabytes(load.size_bytes)} of a"
            f" request; {_megabytes(allowed)} fit{where}. Start a new conversation with"
            " fewer or smaller files."
        )
    return None


def _too_many(what: str, count: int, most: int, card: ModelCard) -> str:
    return (
        f"This conversation would send {count} {what}; {card.display_name} takes at"
        f" most {most} in one request. Use fewer, or start a new conversation."
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024 / 1024:.1f} MB"
