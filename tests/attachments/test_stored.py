import tempfile

import pytest

from chatapp.accounts.models import User
from conversations.attachments import stored
from conversations.attachments.parser import Parsed
from conversations.models import Attachment, Kind
from tests.attachments.conftest import ListFiles, stored_bytes

SHA256 = "ab" * 32
TEXT = Parsed(kind=Kind.TEXT, media_type="text/plain", sent=b"words", thumbnail=b"tiny")


def test_a_row_that_another_process_made_meanwhile_wins(
    alice: User, list_files: ListFiles
) -> None:
    with tempfile.TemporaryFile() as source:
        first = stored.keep(alice, "a.txt", SHA256, source, TEXT)
        files = list_files()

        second = stored.keep(alice, "a.txt", SHA256, source, TEXT)

    assert second == first
    assert list_files() == files


def test_a_second_name_that_another_process_made_meanwhile_wins(
    alice: User, list_files: ListFiles
) -> None:
    with tempfile.TemporaryFile() as source:
        first = stored.keep(alice, "a.txt", SHA256, source, TEXT)
    second = stored.keep_under_another_name(first, "b.txt")

    third = stored.keep_under_another_name(first, "b.txt")

    assert third == second
    assert len(list_files()) == 2


@pytest.mark.django_db
def test_a_row_that_cannot_be_kept_takes_its_files_along(list_files: ListFiles) -> None:
    nobody = User(pk=None)

    with tempfile.TemporaryFile() as source, pytest.raises(Attachment.DoesNotExist):
        stored.keep(nobody, "a.txt", SHA256, source, TEXT)

    assert list_files() == []


def test_a_file_without_a_row_is_not_believed(
    alice: User, list_files: ListFiles
) -> None:
    with tempfile.TemporaryFile() as source:
        half = stored.keep(alice, "a.txt", SHA256, source, TEXT)
        half.delete()

        assert stored.find_known(alice, SHA256, "a.txt") is None
        whole = stored.keep(alice, "a.txt", SHA256, source, TEXT)

    assert whole.file.name != half.file.name
    assert stored_bytes(whole.file) == b"words"
