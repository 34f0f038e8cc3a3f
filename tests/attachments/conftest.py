"""A storage of its own for each test, and what is in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.fields.files import FieldFile
from pytest_django import Settings

from chatapp.accounts.models import User
from conversations.attachments.intake import take_in
from conversations.models import Attachment

type ListFiles = Callable[[], list[str]]
type Upload = Callable[..., Attachment]


def stored_bytes(stored: FieldFile) -> bytes:
    """Return what is in a stored file, and close it."""
    return Path(stored.path).read_bytes()


@pytest.fixture
def list_files(settings: Settings, tmp_path: Path) -> ListFiles:
    """Point the storage to an empty folder; return a function that lists its files."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "tmp"
    (tmp_path / "tmp").mkdir()
    return lambda: sorted(
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file()
    )


@pytest.fixture
def upload(alice: User, list_files: ListFiles) -> Upload:
    """Return a function that takes bytes in, as alice unless said otherwise."""

    def take(content: bytes, name: str = "file", owner: User = alice) -> Attachment:
        return async_to_sync(take_in)(owner, SimpleUploadedFile(name, content))

    return take
