"""Takes in what stands behind a link that a person names."""

import hashlib
import tempfile

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from conversations.attachments.errors import UploadRefused
from conversations.attachments.intake import take_in_source
from conversations.attachments.limits import LINK_SECONDS, MAX_UPLOAD_BYTES
from conversations.attachments.names import display_name
from conversations.fetching import Allowance, Fetcher, FetchRefused
from conversations.models import Attachment

# What a server may call a file that is taken in. The bytes decide later; this only
# saves fetching a film.
ALLOWANCE = Allowance(
    max_bytes=MAX_UPLOAD_BYTES,
    seconds=LINK_SECONDS,
    media_types=frozenset(
        {
            "text/*",
            "image/*",
            "application/pdf",
            "application/json",
            "application/xml",
            "application/xhtml+xml",
            "application/octet-stream",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        }
    ),
)


async def take_in_link(
    owner: AbstractBaseUser, link: str, fetcher: Fetcher
) -> Attachment:
    """Return the attachment of `owner` that holds what the link leads to.

    It is taken in as an upload is. Raises UploadRefused, whose types are then also
    those of FetchRefused, and nothing is kept.
    """
    digest = hashlib.sha256()
    link = link.strip()
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as source:

        def write(part: bytes) -> None:
            digest.update(part)
            source.write(part)

        try:
            fetched = await fetcher.fetch(link, ALLOWANCE, write)
        except FetchRefused as refused:
            raise UploadRefused(refused.type, refused.message) from refused
        source.flush()
        name = display_name(fetched.name)
        return await take_in_source(
            owner, name, source, digest.hexdigest(), source_url=link
        )
