"""How the simulator counts tokens: a stated estimate, the same everywhere.

- text: one token per 3 characters for models from 4.7 on, per 4 before
- an image: ceil(width / 28) * ceil(height / 28) after downscaling to 2576 px
  and 4784 tokens (models from 4.7 on), or to 1568 px and 1568 tokens
- a PDF page: its text and 1,600 tokens for its picture
- a tool definition: its JSON as text; 300 more when there are tools at all
- 4 per content block and 8 per request for the frame around them
- thinking that the model does not get to read: nothing
"""

import json
import math
from collections.abc import Collection

from conversations.simulator.documents import Document
from conversations.simulator.material import (
    LARGE_SIDE_PIXELS,
    SMALL_SIDE_PIXELS,
    Material,
)
from conversations.simulator.models import Model
from conversations.simulator.pictures import Picture
from conversations.simulator.prefix import Piece, content_blocks
from conversations.simulator.wire import Block

LARGE_IMAGE_TOKENS = 4784
SMALL_IMAGE_TOKENS = 1568
PATCH_PIXELS = 28
PDF_PAGE_TOKENS = 1600
TOOLS_TOKENS = 300
BLOCK_TOKENS = 4
REQUEST_TOKENS = 8


class TokenCount:
    """Counts the pieces of one request for one model."""

    def __init__(
        self, model: Model, material: Material, dropped: Collection[str] = ()
    ) -> None:
        self._model = model
        self._material = material
        self._dropped = dropped
        self._uncounted_frame = True
        self._uncounted_tools = True

    def piece(self, piece: Piece) -> int:
        """Return the tokens of the next piece, and of the frame it opens."""
        tokens = 0
        if self._uncounted_frame:
            tokens, self._uncounted_frame = REQUEST_TOKENS, False
        if piece.section == "tools":
            if self._uncounted_tools:
                tokens, self._uncounted_tools = tokens + TOOLS_TOKENS, False
            definition = {k: v for k, v in piece.block.items() if k != "cache_control"}
            return tokens + text_tokens(json.dumps(definition), self._model)
        if piece.path in self._dropped:
            return tokens
        return tokens + BLOCK_TOKENS + self._block(piece.block, piece.path)

    def _block(self, block: Block, path: str) -> int:
        match block["type"]:
            case "text":
                return text_tokens(block["text"], self._model)
            case "thinking":
                return text_tokens(block["thinking"], self._model)
            case "compaction":
                return text_tokens(block.get("content") or "", self._model)
            case "image":
                return image_tokens(self._material.pictures[path], self._model)
            case "document" | "search_result":
                return self._document(path)
            case "tool_use" | "server_tool_use":
                call = block["name"] + json.dumps(block["input"])
                return text_tokens(call, self._model)
            case "tool_result":
                inside = content_blocks(block.get("content") or [])
                return sum(
                    self._block(inner, f"{path}.content.{index}")
                    for index, inner in enumerate(inside)
                )
            case _:
                return text_tokens(json.dumps(block), self._model)

    def _document(self, path: str) -> int:
        document = self._material.document_at(path)
        assert document is not None
        inner = [
            image_tokens(picture, self._model)
            for place, picture in self._material.pictures.items()
            if place.startswith(f"{path}.source.")
        ]
        return document_tokens(document, self._model) + sum(inner)


def text_tokens(text: str, model: Model) -> int:
    """Return the estimate for a text."""
    return math.ceil(len(text) / (3 if model.takes_large_images else 4))


def document_tokens(document: Document, model: Model) -> int:
    """Return the estimate for a document: its title, its text and its pages."""
    tokens = text_tokens(document.title or "", model)
    tokens += sum(text_tokens(unit, model) for unit in document.units)
    if document.kind == "pdf":
        tokens += PDF_PAGE_TOKENS * len(document.units)
    return tokens


def image_tokens(picture: Picture, model: Model) -> int:
    """Return the price of a picture after the downscaling of the model."""
    side, most = SMALL_SIDE_PIXELS, SMALL_IMAGE_TOKENS
    if model.takes_large_images:
        side, most = LARGE_SIDE_PIXELS, LARGE_IMAGE_TOKENS
    scale = min(1.0, side / max(picture.width, picture.height))
    while (tokens := _patches(picture, scale)) > most:
        scale *= 0.99
    return tokens


def _patches(picture: Picture, scale: float) -> int:
    width = max(1, round(picture.width * scale))
    height = max(1, round(picture.height * scale))
    return math.ceil(width / PATCH_PIXELS) * math.ceil(height / PATCH_PIXELS)
