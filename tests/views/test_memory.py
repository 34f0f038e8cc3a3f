"""A person sees, changes and deletes what Claude has noted down."""

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import MemoryFile
from conversations.tools import memory_files


@pytest.fixture
def note(alice: User, client: Client) -> MemoryFile:
    client.force_login(alice)
    return MemoryFile.objects.create(
        owner=alice, path="/memories/notes.md", content="Likes <b>tea</b>"
    )


def test_files_are_listed(client: Client, note: MemoryFile, bob: User) -> None:
    MemoryFile.objects.create(owner=bob, path="/memories/bob.md")

    text = client.get("/memory/").text

    assert note.path in text
    assert "bob.md" not in text


def test_text_is_shown_and_changed(client: Client, note: MemoryFile) -> None:
    url = note.get_absolute_url()
    assert "Likes &lt;b&gt;tea" in client.get(url).text

    response = client.post(url, {"content": " Likes\r\ncoffee\n"}, follow=True)

    note.refresh_from_db()
    assert note.content == " Likes\ncoffee\n"
    assert "was saved" in response.text


def test_text_may_be_empty(client: Client, note: MemoryFile) -> None:
    client.post(note.get_absolute_url(), {"content": ""})

    note.refresh_from_db()
    assert note.content == ""


def test_too_much_is_refused_with_a_reason(
    client: Client, note: MemoryFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_files, "MAX_ALL_CHARACTERS", 3)

    response = client.post(note.get_absolute_url(), {"content": "1234"})

    assert "The memory is full" in response.text
    note.refresh_from_db()
    assert note.content == "Likes <b>tea</b>"


def test_file_is_deleted(client: Client, note: MemoryFile) -> None:
    client.post(note.get_absolute_url(), {"content": "x", "delete": "1"})

    assert not MemoryFile.objects.exists()


def test_everything_of_one_person_is_deleted(
    client: Client, note: MemoryFile, bob: User
) -> None:
    theirs = MemoryFile.objects.create(owner=bob, path=note.path)

    client.post("/memory/")

    assert list(MemoryFile.objects.all()) == [theirs]
