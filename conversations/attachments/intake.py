"""Takes one upload in: from the bytes of a stranger to an attachment, or a refusal."""

import asyncio
import hashlib
import tempfile
from typing import IO, Any
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile

from conversations.attachments.errors import UploadRefused
from conversations.attachments.limits import MAX_UPLOAD_BYTES
from conversations.attachments.names import display_name
from conversations.attachments.parser import parse
from conversations.attachments.stored import find_known, keep, keep_under_another_name
from conversations.models import Attachment

type IntakeKey = tuple[asyncio.AbstractEventLoop, object, str]

# Equal bytes that come twice at once are read once.
_running: WeakValueDictionary[IntakeKey, asyncio.Lock] = WeakValueDictionary()


async def take_in(owner: AbstractBaseUser, upload: "UploadedFile[Any]") -> Attachment:
    """Return the attachment of `owner` that holds `upload`, new or known.

    The same bytes under the same name are one attachment, under another name another
    one that shares the stored file. Raises UploadRefused, and then nothing is kept.
    """
    name = display_name(upload.name)
    refuse_size(upload.size or 0)
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as source:
        sha256 = await sync_to_async(_copy)(upload, source)
        return await take_in_source(owner, name, source, sha256)


async def take_in_source(
    owner: AbstractBaseUser,
    name: str,
    source: IO[bytes],
    sha256: str,
    *,
    source_url: str = "",
) -> Attachment:
    """Return the attachment of `owner` that holds the real file `source`.

    `source_url` is where it was fetched from, if it was; a known attachment keeps its
    own. Raises UploadRefused.
    """
    key = (asyncio.get_running_loop(), owner.pk, sha256)
    async with _running.setdefault(key, asyncio.Lock()):
        known = await sync_to_async(find_known)(owner, sha256, name)
        if known and known.name == name:
            return known
        if known:
            return await sync_to_async(keep_under_another_name)(known, name, source_url)
        parsed = await parse(source)
        return await sync_to_async(keep)(
            owner, name, sha256, source, parsed, source_url
        )


def refuse_size(size_bytes: int) -> None:
    """Raise UploadRefused for more bytes than one request to Claude may have."""
    if size_bytes > MAX_UPLOAD_BYTES:
        raise UploadRefused(
            "file_too_large",
            f"This file has {size_bytes / 1024 / 1024:,.1f} MB, but at most "
            f"{MAX_UPLOAD_BYTES // 1024 // 1024} MB are allowed.",
            413,
        )


def _copy(upload: "UploadedFile[Any]", source: IO[bytes]) -> str:
    """Copy the upload to a real file, which a child can read; return its SHA-256."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
        source.write(chunk)
    source.flush()
    refuse_size(source.tell())
    return digest.hexdigest()
