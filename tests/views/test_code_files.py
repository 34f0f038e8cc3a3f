"""Files that code made: for the person of the conversation, and nobody else."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from chatapp.accounts.models import User
from conversations.models import Message
from conversations.simulator.made_files import TABLE, made_file_id
from conversations.upstream import close_client
from tests.views.stories import Story

GONE = "file_sim0123456789abcdef01bad000"


def result(*file_ids: str, kind: str = "code_execution", call: str = "s1") -> Any:
    made = [{"type": f"{kind}_output", "file_id": file_id} for file_id in file_ids]
    run = {"type": f"{kind}_result", "stdout": "", "stderr": "", "content": made}
    return {"type": f"{kind}_tool_result", "tool_use_id": call, "content": run}


@pytest.fixture
async def message(async_db: None, alice: User) -> AsyncIterator[Message]:
    """Return an answer of alice's whose code made two files, and one that is gone."""
    yield await sync_to_async(_answered)(alice)
    await close_client()


def _answered(owner: User) -> Message:
    story = Story(owner)
    answer = story.answer(story.ask())
    answer.content = [
        result(made_file_id("a", 1), made_file_id("a", 2)),
        result(GONE, kind="bash_code_execution", call="s2"),
        {**result(made_file_id("a", 3), call="s3"), "type": "mcp_tool_result"},
    ]
    answer.save()
    return story.answer(story.ask("And?", answer))


async def get(user: User, message_id: object, call: str, number: int) -> Any:
    client = AsyncClient()
    await client.aforce_login(user)
    return await client.get(f"/messages/{message_id}/files/{call}/{number}/")


async def test_a_file_is_handed_on_for_download(message: Message, alice: User) -> None:
    response = await get(alice, message.id, "s1", 2)

    assert response.status_code == 200
    assert b"".join([chunk async for chunk in response]) == TABLE
    headers = response.headers
    assert headers["Content-Disposition"] == 'attachment; filename="table-2.csv"'
    assert headers["Content-Type"] == "text/csv"
    assert headers["Content-Length"] == str(len(TABLE))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("call", "number"),
    [("s1", 0), ("s1", 3), ("s3", 1), ("other", 1), ("%25", 1), ("s_", 1)],
)
async def test_what_no_code_made_is_not_there(
    message: Message, alice: User, call: str, number: int
) -> None:
    assert (await get(alice, message.id, call, number)).status_code == 404


async def test_others_find_nothing(
    message: Message, alice: User, charlie: User
) -> None:
    assert (await get(alice, message.id, "s1", 1)).status_code == 200
    assert (await get(charlie, message.id, "s1", 1)).status_code == 404
    assert (await get(alice, uuid4(), "s1", 1)).status_code == 404


async def test_the_call_must_be_of_the_same_conversation(
    message: Message, charlie: User
) -> None:
    own = await sync_to_async(_plain)(charlie)

    assert (await get(charlie, own.id, "s1", 1)).status_code == 404


def _plain(owner: User) -> Message:
    story = Story(owner)
    return story.answer(story.ask())


async def test_a_file_that_is_gone_is_explained(message: Message, alice: User) -> None:
    response = await get(alice, message.id, "s2", 1)

    assert response.status_code == 410
    assert "no longer there" in response.content.decode()


async def test_without_a_log_in_nothing_is_asked(message: Message) -> None:
    response = await AsyncClient().get(f"/messages/{message.id}/files/s1/1/")

    assert response.status_code == 302
