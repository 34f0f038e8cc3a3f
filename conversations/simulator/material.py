"""The attachments of a request: opened, counted and held against the limits."""

import base64
import binascii
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversations.simulator.documents import Document, UnreadablePdf, read_pdf
from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.files import Files
from conversations.simulator.models import Model
from conversations.simulator.pictures import (
    HugePicture,
    Picture,
    UnreadablePicture,
    read_picture,
)
from conversations.simulator.prefix import content_blocks, nested_blocks
from conversations.simulator.wire import Block, Json

# API limits (vision and PDF guides).
MAX_IMAGE_BASE64 = 10 * 1024 * 1024
MAX_SIDE_PIXELS = 8000
MAX_SIDE_PIXELS_MANY = 2000
MANY_IMAGES = 20
MAX_ITEMS = 600
MAX_ITEMS_SMALL_WINDOW = 100
LARGE_SIDE_PIXELS = 2576
SMALL_SIDE_PIXELS = 1568
IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
DOCUMENT_TYPES = frozenset({"application/pdf", "text/plain"})
REMEMBERED_FILES = 64  # ours: every turn of a conversation sends its files again


@dataclass
class Material:
    """What was attached: pictures by their path, documents in order."""

    pictures: dict[str, Picture] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)

    def document_at(self, path: str) -> Document | None:
        """Return the document whose block stands at `path`."""
        return next((found for found in self.documents if found.path == path), None)


class MaterialReader:
    """Reads the attachments of requests and remembers the last files it saw."""

    def __init__(self, uploads: Files) -> None:
        self._uploads = uploads
        self._files: OrderedDict[bytes, Any] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, params: Json, model: Model) -> Material:
        """Open every image and document of a request.

        Blocks the thread while it decodes. Raises RequestRejected with the
        path of what is broken or over a limit.
        """
        material = Material()
        results = 0
        for path, block in nested_blocks(params):
            if block["type"] == "image":
                material.pictures[path] = self._picture(path, block)
            elif block["type"] == "document":
                index = len(material.documents) - results
                material.documents.append(self._document(path, index, block, material))
            elif block["type"] == "search_result":
                units = tuple(inner["text"] for inner in block["content"])
                material.documents.append(
                    Document(
                        path,
                        results,
                        "search_result",
                        block["title"],
                        units,
                        block["source"],
                    )
                )
                results += 1
        _check_pictures(params, material, model)
        _check_pages(material, model)
        return material

    def _picture(self, path: str, block: Block) -> Picture:
        source = block["source"]
        _refuse_remote(source, f"{path}.source")
        if source["type"] == "file":
            media_type, content = self._uploaded(source, path, IMAGE_TYPES)
            size = (len(content) + 2) // 3 * 4
        else:
            media_type, size = source["media_type"], len(source["data"])
        if size > MAX_IMAGE_BASE64:
            raise invalid(
                f"{path}.source.data",
                f"image exceeds 10 MB maximum: {size} bytes > {MAX_IMAGE_BASE64} bytes",
            )
        if source["type"] != "file":
            content = _decoded(source, path)
        try:
            picture = self._remembered(content, self._read_picture)
        except HugePicture as error:
            raise _too_large([path], MAX_SIDE_PIXELS) from error
        except UnreadablePicture as error:
            raise invalid(path, "Could not process image") from error
        assert isinstance(picture, Picture)
        if picture.media_type != media_type:
            raise invalid(
                f"{path}.source.media_type",
                f"The image was specified using the {media_type} media "
                f"type, but the image appears to be a {picture.media_type} image",
            )
        return picture

    def _document(
        self, path: str, index: int, block: Block, material: Material
    ) -> Document:
        source = block["source"]
        title = block.get("title")
        _refuse_remote(source, f"{path}.source")
        media_type = "application/pdf" if source["type"] == "base64" else ""
        if source["type"] == "file":
            media_type, content = self._uploaded(source, path, DOCUMENT_TYPES)
            if media_type == "text/plain":
                text = content.decode(errors="replace")
                return Document(path, index, "text", title, (text,))
        elif media_type:
            content = _decoded(source, path)
        if media_type:
            try:
                pages = self._remembered(content, read_pdf)
                assert not isinstance(pages, Picture)
            except UnreadablePdf as error:
                raise _refused_pdf(path, error) from error
            return Document(path, index, "pdf", title, tuple(pages))
        if source["type"] == "text":
            return Document(path, index, "text", title, (source["data"],))
        blocks = content_blocks(source["content"])
        for place, inner in enumerate(blocks):
            if inner["type"] == "image":
                inner_path = f"{path}.source.content.{place}"
                material.pictures[inner_path] = self._picture(inner_path, inner)
        units = tuple(inner.get("text", "") for inner in blocks)
        return Document(path, index, "blocks", title, units)

    def _uploaded(
        self, source: Json, path: str, media_types: Collection[str]
    ) -> tuple[str, bytes]:
        upload = self._uploads.read(source["file_id"])
        if upload.mime_type not in media_types:
            raise invalid(
                f"{path}.source.file_id",
                f"The file has the media type {upload.mime_type}; allowed here: "
                f"{', '.join(sorted(media_types))}",
            )
        return upload.mime_type, upload.content

    def _read_picture(self, content: bytes) -> Picture:
        return read_picture(content, MAX_SIDE_PIXELS)

    def _remembered(self, content: bytes, read: Any) -> Picture | Sequence[str]:
        key = hashlib.sha256(content).digest()
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
                found: Picture | Sequence[str] = self._files[key]
                return found
        facts: Picture | Sequence[str] = read(content)
        with self._lock:
            self._files[key] = facts
            while len(self._files) > REMEMBERED_FILES:
                self._files.popitem(last=False)
        return facts


def _decoded(source: Json, path: str) -> bytes:
    try:
        return base64.b64decode(source["data"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"{path}.source.data", "Invalid base64 data") from error


def _refuse_remote(source: Json, path: str) -> None:
    if source["type"] == "url":
        raise invalid(f"{path}.url", "the simulator does not fetch URLs; send base64")


def _refused_pdf(path: str, error: UnreadablePdf) -> RequestRejected:
    if "password" in str(error).lower():
        return invalid(
            f"{path}.source.data", "The PDF specified is password protected."
        )
    return invalid(f"{path}.source.data", "The PDF specified was not valid.")


def _too_large(paths: list[str], limit: int) -> RequestRejected:
    return RequestRejected(
        f"{paths[0]}: At least one of the image dimensions exceed max allowed size: "
        f"{limit} pixels",
        details={
            "error_code": "image_dimensions_too_large",
            "max_side_length_pixels": limit,
            "paths": paths,
        },
    )


def _check_pictures(params: Json, material: Material, model: Model) -> None:
    pictures = material.pictures
    most = MAX_ITEMS_SMALL_WINDOW if model.is_old else MAX_ITEMS
    if len(pictures) > most:
        raise invalid(
            list(pictures)[most],
            f"at most {most} images are allowed, found {len(pictures)}",
        )
    limit = MAX_SIDE_PIXELS_MANY if len(pictures) > MANY_IMAGES else MAX_SIDE_PIXELS
    if over := _longer_than(limit, pictures):
        raise _too_large(over, limit)
    own = LARGE_SIDE_PIXELS if model.takes_large_images else SMALL_SIDE_PIXELS
    strict = {
        path: pictures[path]
        for path, block in nested_blocks(params)
        if (block.get("transformations") or {}).get("oversized_image") == "error"
    }
    if over := _longer_than(own, strict):
        raise _too_large(over, own)


def _longer_than(limit: int, pictures: dict[str, Picture]) -> list[str]:
    return [
        path
        for path, picture in pictures.items()
        if max(picture.width, picture.height) > limit
    ]


def _check_pages(material: Material, model: Model) -> None:
    most = MAX_ITEMS_SMALL_WINDOW if model.is_old else MAX_ITEMS
    total = 0
    for document in material.documents:
        if document.kind != "pdf":
            continue
        total += len(document.units)
        if total > most:
            raise invalid(
                f"{document.path}.source.data",
                f"A maximum of {most} PDF pages may be provided, found {total}.",
            )
