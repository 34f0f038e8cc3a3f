"""The key that signs sessions: given, or made once and kept in the data folder."""

import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from chatapp.data_dir import private_folder

FILE_NAME = "secret_key"
MIN_LENGTH = 50  # Django's own bound (security.W009)
MIN_UNIQUE_CHARACTERS = 5  # Django's own bound (security.W009)


def secret_key(given: str | None, data_dir: Path) -> str:
    """Return the signing key, making the data folder and the key on the first start."""
    if given is not None:
        return _checked(given, "SECRET_KEY")
    path = data_dir / FILE_NAME
    private_folder(data_dir)
    try:
        if not path.exists():
            _make(path)
        return _checked(path.read_text(encoding="ascii").strip(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"The signing key in {path} cannot be made or read: {error}. Start as the user who owns "
            "DATA_DIR, or set SECRET_KEY."
        ) from error


def _make(path: Path) -> None:
    # mkstemp makes mode 0600; link() refuses to replace, so that of two processes that
    # start together both end with the same key.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def _checked(key: str, source: str) -> str:
    too_weak = len(key) < MIN_LENGTH or len(set(key)) < MIN_UNIQUE_CHARACTERS
    if too_weak or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            f"{source} must hold at least {MIN_LENGTH} random characters, but what it holds "
            f"is too easy to guess ({len(key)} characters). Make one with: "
            "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    return key
