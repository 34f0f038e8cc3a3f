"""The memory tool: Anthropic's commands over one person's own files."""

import uuid
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations.models import MemoryFile
from conversations.tools import memory_files
from conversations.tools.base import Call, ToolContext
from conversations.tools.inputs import problem_with
from conversations.tools.memory import Memory
from conversations.tools.running import run_call

NOTES = "/memories/notes.md"


class Shell:
    """Runs commands for a person as a turn does; returns what Claude reads."""

    def __init__(self, user: User) -> None:
        self.context = ToolContext(user.pk, uuid.uuid4(), uuid.uuid4())

    async def __call__(self, command: str, **fields: Any) -> str:
        call = Call("toolu_1", "memory", {"command": command, **fields})
        result = await run_call(Memory(), call, self.context)
        return str(result.content)


@pytest.fixture
def shell(async_db: None, alice: User) -> Shell:
    return Shell(alice)


async def content(path: str = NOTES) -> str:
    return (await MemoryFile.objects.aget(path=path)).content


async def test_definition_is_the_api_s_own() -> None:
    assert Memory().definition() == {"type": "memory_20250818", "name": "memory"}


async def test_created_file_is_listed_and_read(shell: Shell) -> None:
    made = await shell("create", path=NOTES, file_text="Likes tea.\nHas two cats.\n")

    assert made == f"File created successfully at: {NOTES}"
    assert await shell("view", path="/memories") == (
        "Here're the files and directories up to 2 levels deep in /memories, excluding"
        " hidden items:\n0.0K\t/memories\n0.0K\t/memories/notes.md"
    )
    assert await shell("view", path=NOTES, view_range=[2, -1]) == (
        f"Here's the content of {NOTES} with line numbers:\n"
        "     2\tHas two cats.\n     3\t"
    )


async def test_deep_files_count_for_their_directories(shell: Shell) -> None:
    await shell("create", path="/memories/a/b/c/d.md", file_text="x" * 2048)

    listed = (await shell("view", path="/memories")).splitlines()[1:]

    assert listed == ["2.0K\t/memories", "2.0K\t/memories/a", "2.0K\t/memories/a/b"]


async def test_text_is_replaced_once_and_shown(shell: Shell) -> None:
    await shell("create", path=NOTES, file_text="one\ntwo\nthree")

    said = await shell("str_replace", path=NOTES, old_str="two", new_str="2")

    assert said == (
        "The memory file has been edited.\n     1\tone\n     2\t2\n     3\tthree"
    )
    assert await content() == "one\n2\nthree"


async def test_text_is_inserted_after_a_line(shell: Shell) -> None:
    await shell("create", path=NOTES, file_text="one\nthree")

    await shell("insert", path=NOTES, insert_line=1, insert_text="two\n")
    await shell("insert", path=NOTES, insert_line=0, insert_text="zero")

    assert await content() == "zero\none\ntwo\nthree"


async def test_directories_move_and_go_with_their_files(shell: Shell) -> None:
    await shell("create", path="/memories/old/a.md", file_text="a")
    await shell("create", path="/memories/old/b/c.md", file_text="c")
    await shell("create", path="/memories/Old/keep.md", file_text="k")

    moved = await shell("rename", old_path="/memories/old", new_path="/memories/new")

    assert moved == "Successfully renamed /memories/old to /memories/new"
    assert await content("/memories/new/b/c.md") == "c"
    assert await shell("delete", path="/memories/new") == (
        "Successfully deleted /memories/new"
    )
    paths = [row.path async for row in MemoryFile.objects.all()]
    assert paths == ["/memories/Old/keep.md"]


async def test_memory_of_others_is_another_one(shell: Shell, bob: User) -> None:
    await shell("create", path=NOTES, file_text="alice's secret")

    theirs = await Shell(bob)("view", path=NOTES)

    assert "does not exist" in theirs
    assert "secret" not in await Shell(bob)("view", path="/memories")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "notes.md",
        "/memories/../etc/passwd",
        "/memories/./notes.md",
        "/memories/.hidden",
        "/memoriesx/notes.md",
        "/memories/a\nb",
        "/memories/..\\b",
        "/memories/" + "x" * 200,
        "/memories/a/b/c/d/e/f/g/h",
        "",
    ],
)
async def test_path_that_leads_elsewhere_is_refused(shell: Shell, path: str) -> None:
    said = await shell("create", path=path, file_text="x")

    assert said.startswith("Error: ")
    assert not await MemoryFile.objects.aexists()


@pytest.mark.parametrize(
    ("command", "fields", "problem"),
    [
        ("view", {"path": "/memories/none"}, "/memories/none does not exist"),
        ("view", {"path": NOTES, "view_range": [9, 2]}, "Invalid `view_range`"),
        ("create", {"path": NOTES, "file_text": ""}, f"{NOTES} already exists"),
        ("create", {"path": f"{NOTES}/b", "file_text": ""}, "is a file, not a"),
        ("create", {"path": "/memories", "file_text": ""}, "already exists"),
        ("str_replace", {"path": NOTES, "old_str": "z", "new_str": ""}, "verbatim"),
        ("str_replace", {"path": NOTES, "old_str": "a", "new_str": ""}, "Multiple"),
        ("insert", {"path": NOTES, "insert_line": 9, "insert_text": ""}, "[0, 1]"),
        ("delete", {"path": "/memories"}, "cannot be deleted"),
        ("delete", {"path": "/memories/none"}, "does not exist"),
        ("rename", {"old_path": NOTES, "new_path": f"{NOTES}/a"}, "cannot be moved"),
        ("rename", {"old_path": NOTES, "new_path": NOTES}, "cannot be moved"),
        ("format", {"path": "/memories"}, "does not fit the tool"),
        ("view", {}, "does not fit the tool"),
    ],
)
async def test_what_cannot_be_done_is_said(
    shell: Shell, command: str, fields: dict[str, Any], problem: str
) -> None:
    await shell("create", path=NOTES, file_text="a a")

    assert problem in await shell(command, **fields)
    assert await content() == "a a"


@pytest.mark.parametrize(
    ("limit", "value", "problem"),
    [
        ("MAX_FILES", 1, "1 files already"),
        ("MAX_FILE_CHARACTERS", 4, "at most 4 are allowed"),
        ("MAX_ALL_CHARACTERS", 6, "The memory is full"),
    ],
)
async def test_limits_hold(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, problem: str
) -> None:
    await shell("create", path=NOTES, file_text="1234")
    monkeypatch.setattr(memory_files, limit, value)

    said = await shell("create", path="/memories/b.md", file_text="12345")

    assert problem in said


async def test_strange_characters_are_stored(shell: Shell) -> None:
    await shell("create", path=NOTES, file_text="a\0b\ud800c")

    assert await content() == "a\ufffdb\ufffdc"


def test_every_command_fits_its_schema() -> None:
    given = {"command": "view", "path": "/memories", "view_range": [1, -1]}

    assert problem_with(given, Memory().input_schema) is None
