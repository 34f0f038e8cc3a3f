"""Reads uploads as the child process does, but here: quicker, for what is no attack."""

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from conversations.attachments import child
from conversations.attachments.errors import UploadRefused


def read(content: bytes) -> dict[str, Any]:
    """Return the parts, `facts` decoded."""
    parts: dict[str, Any] = dict(child.read(content))
    return parts | {"facts": json.loads(parts["facts"])}


def sent_picture(content: bytes) -> Image.Image:
    """Return the picture that Claude gets for an upload."""
    return Image.open(BytesIO(read(content)["sent"]))


def refusal(content: bytes) -> tuple[str, str, int]:
    """Return type, message and status of the refusal of an upload."""
    with pytest.raises(UploadRefused) as caught:
        read(content)
    return (caught.value.type, caught.value.message, caught.value.status)
