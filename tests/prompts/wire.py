"""What a built request is on the wire, files included."""

import json
from typing import Any

from conversations.claude.file_data import FileData


def on_the_wire(params: Any) -> Any:
    """Return params as the API reads them."""
    return json.loads(wire_text(params))


def wire_text(params: Any) -> str:
    """Return the JSON of params, each file as its base64."""

    def content_of(file: FileData) -> str:
        return b"".join(file.pieces()).decode()

    return json.dumps(params, default=content_of)
