"""Can this model take this conversation; and if not, why, and what would help."""

from collections.abc import Sequence
from dataclasses import dataclass

from conversations.claude.capabilities import supports
from conversations.models import Attachment, Kind, ModelCard

from . import budget, thinking


@dataclass(frozen=True)
class Incompatible:
    """A reason in words; `action` is the remedy (docs/protocol.md, error)."""

    type: str
    message: str
    action: str


def check(
    card: ModelCard, attachments: Sequence[Attachment], effort: str, mode: str
) -> Incompatible | None:
    """Return why `card` cannot answer a path with these files and settings."""
    if message := thinking.settings_problem(card, effort, mode):
        return Incompatible("unsupported_setting", message, "change_model")
    if message := _unreadable_kind(card, attachments):
        return Incompatible("unsupported_attachment", message, "change_model")
    if message := budget.problem(budget.load_of(attachments), card):
        return Incompatible("request_too_large", message, "shorten")
    return None


def _unreadable_kind(card: ModelCard, attachments: Sequence[Attachment]) -> str | None:
    kinds = {item.kind for item in attachments}
    for kind, capability, what in (
        (Kind.IMAGE, "image_input", "pictures"),
        (Kind.PDF, "pdf_input", "PDFs"),
    ):
        # None is unknown: only a plain "no" of the catalogue refuses.
        if kind in kinds and supports(card.capabilities, capability) is False:
            return f"{card.display_name} cannot read {what}. Choose another model."
    return None
