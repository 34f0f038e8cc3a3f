"""The one-time link that makes the first administrator.

Only a hash of the token is on disk; the token itself is printed once on the terminal.
The link dies with its file, and there is none while an administrator exists.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILE_NAME = "setup_token"


def make_token(data_dir: Path) -> str:
    """Return a fresh token; the one printed before stops working."""
    token = secrets.token_urlsafe(32)
    path = data_dir / FILE_NAME
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(_digest(token))
    return token


def is_valid(token: str, data_dir: Path) -> bool:
    """Say whether `token` is the one that was printed last and is not used up."""
    try:
        stored = (data_dir / FILE_NAME).read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return hmac.compare_digest(_digest(token), stored)


def use_up(data_dir: Path) -> bool:
    """Take the token away; of several callers at once exactly one gets True."""
    try:
        (data_dir / FILE_NAME).unlink()
    except FileNotFoundError:
        return False
    return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
