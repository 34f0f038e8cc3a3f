"""The requests of a batch as they go over the wire."""

from collections.abc import Iterator
from typing import IO, Any
from uuid import UUID

from conversations.claude.batches import write_body
from conversations.models import Batch, BatchItem, ItemState, ModelCard
from conversations.models.wire import Block, dump
from conversations.prompts.attachments import expand, stored_files
from conversations.prompts.build import build_prompt
from conversations.prompts.prefix import opaque_id
from conversations.prompts.thinking import effort_params, max_tokens, thinking_params

ITEMS_AT_ONCE = 50  # ours: each may carry a file
ENVELOPE_BYTES = 120  # custom_id, keys and commas around the params


class FilesGone(Exception):
    """A file that an item asks about is no longer there."""


def params_of(batch: Batch, card: ModelCard, content: list[Block]) -> dict[str, Any]:
    """Return the body of one request. Reads rows and files: not for the event loop.

    There is no cache breakpoint: the requests run at any time and in any order, so
    what would be written for all of them is mostly paid for and not read.
    Raises FilesGone.
    """
    messages = [{"role": "user", "content": content}]
    expanded = expand(messages, stored_files(messages, batch.owner_id))
    if expanded.gone:
        raise FilesGone
    return {**_settings_of(batch, card), "messages": expanded.messages}


def envelope_bytes(batch: Batch, card: ModelCard) -> int:
    """Return the bytes of a request beside its content."""
    return len(dump(_settings_of(batch, card))) + ENVELOPE_BYTES


class Writing:
    """Writes the body of a batch; afterwards tells what is in it and what is not."""

    def __init__(self, batch: Batch, card: ModelCard) -> None:
        self.count = 0
        self.size_bytes = 0
        self.lost: list[UUID] = []
        # The beta features that the requests need; the API wants them beside the body.
        self.betas: set[str] = set()
        self._batch = batch
        self._card = card

    def run(self, file: IO[bytes]) -> None:
        """Write all items that wait. Reads rows and files: not for the event loop."""
        self.size_bytes = write_body(file, self._requests())

    def _requests(self) -> Iterator[tuple[str, dict[str, Any]]]:
        waiting = BatchItem.objects.filter(
            batch_id=self._batch.id, state=ItemState.WAITING
        ).order_by("position")
        waiting = waiting.select_related("turn__conversation")
        for item in waiting.iterator(chunk_size=ITEMS_AT_ONCE):
            try:
                params = self._params(item)
            except FilesGone:
                self.lost.append(item.id)
            else:
                self.count += 1
                self.betas.update(params.pop("betas", ()))
                yield item.custom_id, params

    def _params(self, item: BatchItem) -> dict[str, Any]:
        if item.turn is not None:
            return build_prompt(item.turn, self._card).params
        return params_of(self._batch, self._card, item.blocks)


def _settings_of(batch: Batch, card: ModelCard) -> dict[str, Any]:
    return {
        "model": card.wire_model,
        "max_tokens": max_tokens(card),
        "metadata": {"user_id": opaque_id(batch.owner)},
        **thinking_params(card, batch.thinking),
        **effort_params(card, batch.effort),
    }
