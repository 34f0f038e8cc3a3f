"""What a fetched file is called: as its server says, else as its address ends."""

import re
from urllib.parse import unquote

import httpx

from .links import host_of

# RFC 6266: filename*=UTF-8''… wins over filename="…".
EXTENDED = re.compile(r"filename\*\s*=\s*utf-8''([^;\s]+)", re.IGNORECASE)
QUOTED = re.compile(r'filename\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
BARE = re.compile(r"filename\s*=\s*([^;\s\"]+)", re.IGNORECASE)


def file_name(url: httpx.URL, disposition: str) -> str:
    """Return a name as strangers gave it: unfit for a path, and for showing as it is."""
    if match := EXTENDED.search(disposition):
        return unquote(match[1])
    if match := QUOTED.search(disposition):
        return re.sub(r"\\(.)", r"\1", match[1])
    if match := BARE.search(disposition):
        return match[1]
    return url.path.rstrip("/").rpartition("/")[2] or host_of(url)
