"""The data folder: everything this installation keeps, for its owner's eyes only."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def private_folder(path: Path) -> Path:
    """Return `path`, made with mode 0700 if it was missing."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR must be a folder this user can write to, but {path} cannot be "
            f"made: {error}. Correct its permissions or set DATA_DIR to another folder."
        ) from error
    return path
