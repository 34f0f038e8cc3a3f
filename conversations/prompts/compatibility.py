"""Can this model take this conversation; and if not, why, and what would help.

The model's card knows its platform: what the platform lacks is taken out of the card's
capabilities, and how large a request may be stands in the platform's facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conversations.claude.capabilities import supports
from conversations.models import Attachment, Kind, Message, ModelCard, Prefix, Turn

from . import budget, json_mode, thinking
from .sent_forms import is_named_by_size, takes_files


@dataclass(frozen=True)
class Incompatible:
    """A reason in words; `action` is the remedy (docs/protocol.md, error).

    `brief` says it in the few words that fit behind a name in the picker.
    """

    type: str
    message: str
    action: str
    brief: str = ""


# The beginning of a declared tool's type -> what it is called, and what has to be there.
_SERVER_TOOLS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "web_search_": ("web search", ("server_tools", "web_search")),
    "web_fetch_": ("web pages", ("server_tools", "web_fetch")),
    "code_execution_": ("code execution", ("server_tools", "code_execution")),
    "tool_search_": ("tool search", ("server_tools", "tool_search")),
}


def check(
    card: ModelCard,
    attachments: Sequence[Attachment],
    effort: str,
    mode: str,
    prefix: Prefix | None = None,
) -> Incompatible | None:
    """Return why `card` cannot answer a path with these files, settings and tools."""
    if message := thinking.settings_problem(card, effort, mode):
        return Incompatible("unsupported_setting", message, "change_model")
    return misfit(card, attachments, prefix)


def misfit(
    card: ModelCard, attachments: Sequence[Attachment], prefix: Prefix | None = None
) -> Incompatible | None:
    """Return why `card` cannot answer a path, whatever the settings are."""
    if prefix is not None and (found := _unkept_promise(card, prefix)):
        return found
    if found := _unreadable_kind(card, attachments):
        return found
    load = budget.load_of(attachments, _carried(card, attachments))
    if message := budget.problem(load, card):
        return Incompatible("request_too_large", message, "shorten", "too large")
    return None


def misfits(
    cards: Iterable[ModelCard], attachments: Sequence[Attachment], prefix: Prefix
) -> dict[str, str]:
    """Return, in brief, why some of the cards cannot answer a path, by their ids."""
    found = ((card.model_id, misfit(card, attachments, prefix)) for card in cards)
    return {model_id: problem.brief for model_id, problem in found if problem}


def left_behind(card: ModelCard, path: Iterable[Message]) -> str | None:
    """Say that earlier thinking is of another account, which alone can read it.

    Claude's thinking is signed for the account that paid for it; elsewhere the API drops it
    without a word. Reads the turns of the path.
    """
    thoughtful = {m.turn_id for m in path if m.turn_id and _has_thinking(m)}
    models = set(Turn.objects.filter(id__in=thoughtful).values_list("model", flat=True))
    cards = ModelCard.objects.select_related("provider").filter(model_id__in=models)
    for other in cards:
        if other.provider != card.provider:
            where = f" with {other.provider.name}" if other.provider else " elsewhere"
            return (
                f"Claude's earlier thinking was done{where} and stays there:"
                f" {card.display_name} goes on from the answers alone."
            )
    return None


def _unkept_promise(card: ModelCard, prefix: Prefix) -> Incompatible | None:
    """Return what the conversation began with and this model does not have."""
    if message := json_mode.settings_problem(card, prefix):
        return Incompatible("unsupported_setting", message, "change_model", "no JSON")
    for tool in prefix.tools:
        kind = str(tool.get("type", ""))
        for beginning, (name, path) in _SERVER_TOOLS.items():
            # None is unknown: only a plain "no" of the catalogue refuses.
            is_refused = supports(card.capabilities, *path) is False
            if kind.startswith(beginning) and is_refused:
                message = (
                    f"{card.full_name} has no {name}, with which this conversation"
                    " began. Choose another model, or start a new conversation."
                )
                brief = f"no {name}"
                return Incompatible(
                    "unsupported_setting", message, "change_model", brief
                )
    return None


def _carried(card: ModelCard, attachments: Sequence[Attachment]) -> list[Attachment]:
    """Return those whose bytes go along with each request."""
    if not takes_files(card):
        return list(attachments)
    return [item for item in attachments if not is_named_by_size(item)]


def _unreadable_kind(
    card: ModelCard, attachments: Sequence[Attachment]
) -> Incompatible | None:
    kinds = {item.kind for item in attachments}
    for kind, capability, what in (
        (Kind.IMAGE, "image_input", "pictures"),
        (Kind.PDF, "pdf_input", "PDFs"),
    ):
        # None is unknown: only a plain "no" of the catalogue refuses.
        if kind in kinds and supports(card.capabilities, capability) is False:
            message = f"{card.full_name} cannot read {what}. Choose another model."
            return Incompatible(
                "unsupported_attachment", message, "change_model", f"no {what}"
            )
    return None


def _has_thinking(message: Message) -> bool:
    return any(
        block["type"] in ("thinking", "redacted_thinking") for block in message.blocks
    )
