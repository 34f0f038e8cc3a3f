"""About how many tokens something is, where Claude is not asked.

Rules of thumb from the API's guides to tokens, vision and PDFs, Nov 2026.
"""

import json
import math
from collections.abc import Iterable
from datetime import date

from conversations.models import Attachment, Kind, ModelCard
from conversations.models.wire import Block

from .attachments import Stored
from .references import attachment_id

# Models from 4.7 on read about 30 % more tokens in the same text, and larger pictures.
NEW_TOKENIZER_SINCE = date(2026, 4, 16)
CHARACTERS_NEW, CHARACTERS_OLD = 3, 4
PATCH_PIXELS = 28
IMAGE_TOKENS_NEW, IMAGE_TOKENS_OLD = 4784, 1568
PAGE_TOKENS = 1_600 + 1_500  # its picture, and the text of a usual page
BLOCK_TOKENS = 4


class Estimate:
    """Estimates for one model."""

    def __init__(self, card: ModelCard) -> None:
        is_old = card.released is not None and card.released < NEW_TOKENIZER_SINCE
        self._characters = CHARACTERS_OLD if is_old else CHARACTERS_NEW
        self._image_tokens = IMAGE_TOKENS_OLD if is_old else IMAGE_TOKENS_NEW

    def text(self, text: str) -> int:
        return math.ceil(len(text) / self._characters)

    def blocks(self, blocks: Iterable[Block], stored: Stored) -> int:
        """Return the tokens of content blocks; files stand in them by reference."""
        return sum(BLOCK_TOKENS + self._block(block, stored) for block in blocks)

    def file(self, item: Attachment) -> int:
        if item.kind == Kind.IMAGE:
            wide = math.ceil((item.width or 0) / PATCH_PIXELS)
            high = math.ceil((item.height or 0) / PATCH_PIXELS)
            return min(wide * high or self._image_tokens, self._image_tokens)
        if item.kind == Kind.PDF:
            return (item.pages or 1) * PAGE_TOKENS
        characters = item.characters or item.sent_size_bytes
        return math.ceil(characters / self._characters)

    def _block(self, block: Block, stored: Stored) -> int:
        if found := attachment_id(block):
            item = stored.get(found)
            return self.file(item) if item else 0
        match block["type"]:
            case "text":
                return self.text(block["text"])
            case "thinking":
                return self.text(block.get("thinking") or "")
            case "redacted_thinking":
                return 0
            case _:
                return self.text(json.dumps(block, ensure_ascii=False))
