"""Large and repeated files are uploaded once and named, against the strict simulator."""

import base64
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile
from django.utils import timezone

from chatapp.accounts.models import User
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import (
    Attachment,
    Conversation,
    Kind,
    RemoteFile,
    Repair,
    SentForm,
    State,
    Turn,
)
from conversations.models.ids import uuid7
from conversations.protocol.commands import RetryTurn, SendMessage
from conversations.simulator import Simulator, SimulatorTransport
from conversations.turns import remote_files, runner
from conversations.turns.start import StartCommand, start_turn
from conversations.upstream import use_client
from tests.simulator.building import make_pdf

QUESTION = "How heavy is the bell?"
ANSWER = "The bell weighs three tons."

type Say = Callable[..., Awaitable[Turn]]
type Store = Callable[..., Awaitable[Attachment]]


class Line(SimulatorTransport):
    """The way to the simulator, on which uploads may fail."""

    can_upload = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/files" and not self.can_upload:
            return httpx.Response(404, json={"type": "error", "error": {}})
        return await super().handle_async_request(request)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(pace=0)


@pytest.fixture
def line(simulator: Simulator) -> Line:
    return Line(simulator)


@pytest.fixture
def say(turns: None, alice: User, line: Line) -> Say:
    """Return a function that carries out a command and returns the ended turn."""

    async def carry_out(kind: type[StartCommand] = SendMessage, **fields: Any) -> Turn:
        provider = Provider(api_key=Secret("simulator"))
        use_client(ClaudeClient(provider, transport=line, max_retries=0))
        command = kind(client_id=uuid.uuid4(), **fields)
        acceptance = await start_turn(alice, command)
        await runner.wait_for(acceptance.turn.id)
        turn = await Turn.objects.aget(id=acceptance.turn.id)
        assert (turn.state, turn.error) == (State.COMPLETED, None)
        return turn

    return carry_out


@pytest.fixture
def store(alice: User, settings: Any, tmp_path: Any) -> Store:
    """Return a function that stores a PDF of this size, of alice's."""
    settings.MEDIA_ROOT = tmp_path

    async def make(size_bytes: int = 6_000_000, name: str = "bell.pdf") -> Attachment:
        pdf = make_pdf(["First page.", ANSWER])
        padding = b"%" + b"x" * (size_bytes - len(pdf)) + b"\n"
        content = pdf[:9] + padding + pdf[9:]

        def save() -> Attachment:
            attachment = Attachment(
                owner=alice,
                kind=Kind.PDF,
                name=name,
                sha256=uuid7().hex * 2,
                size_bytes=len(content),
                sent_size_bytes=len(content),
                media_type="application/pdf",
                pages=2,
            )
            attachment.file.save("sent.pdf", ContentFile(content), save=False)
            attachment.save()
            return attachment

        return await sync_to_async(save)()

    return make


def sent(simulator: Simulator, path: str = "/v1/messages") -> list[Any]:
    """Return the requests to a path so far."""
    return [request for request in simulator.requests if request.path == path]


def sources(simulator: Simulator) -> list[dict[str, Any]]:
    """Return the source of the first document in each streamed request."""
    bodies = [json.loads(request.raw_body) for request in sent(simulator)]
    return [
        body["messages"][0]["content"][0]["source"]
        for body in bodies
        if body.get("stream")
    ]


async def text_of(turn: Turn) -> str:
    answer = await turn.messages.filter(role="assistant").afirst()
    return "".join(block.get("text", "") for block in answer.blocks) if answer else ""


async def test_a_large_file_is_uploaded_once_and_named_for_ever(
    say: Say, store: Store, simulator: Simulator, alice: User
) -> None:
    attachment = await store()

    first = await say(text=QUESTION, attachments=[attachment.id])
    await say(text="And now?", conversation=first.conversation_id)
    await say(RetryTurn, turn=first.id)

    remote = await RemoteFile.objects.aget()
    named = {"type": "file", "file_id": remote.file_id}
    assert sources(simulator) == [named] * 3
    assert len(sent(simulator, "/v1/files")) == 1
    assert max(len(request.raw_body) for request in sent(simulator)) < 50_000
    assert ANSWER in await text_of(first)
    assert (remote.owner_id, remote.attachment_id) == (alice.pk, attachment.id)
    assert remote.expires_at is not None
    assert remote.expires_at > timezone.now() + timedelta(days=89)
    assert first.repairs == []


async def test_a_small_file_goes_along(
    say: Say, store: Store, simulator: Simulator
) -> None:
    attachment = await store(10_000)

    await say(text=QUESTION, attachments=[attachment.id])

    (source,) = sources(simulator)
    assert source["type"] == "base64"
    assert len(base64.b64decode(source["data"])) == attachment.sent_size_bytes
    assert not await SentForm.objects.aexists()


async def test_what_is_repeated_is_uploaded_and_what_was_sent_stays(
    say: Say, store: Store, simulator: Simulator
) -> None:
    attachment = await store(600_000)

    first = await say(text=QUESTION, attachments=[attachment.id])
    await say(text=QUESTION, attachments=[attachment.id])
    await say(text="And now?", conversation=first.conversation_id)
    await say(RetryTurn, turn=first.id)

    kinds = [source["type"] for source in sources(simulator)]
    assert kinds == ["base64", "file", "base64", "base64"]


async def test_two_conversations_share_one_upload(
    say: Say, store: Store, simulator: Simulator
) -> None:
    attachment = await store()

    await say(text=QUESTION, attachments=[attachment.id])
    await say(text=QUESTION, attachments=[attachment.id])

    first, second = sources(simulator)
    assert first == second
    assert len(sent(simulator, "/v1/files")) == 1


async def test_what_cannot_be_uploaded_goes_along_for_ever(
    say: Say, store: Store, simulator: Simulator, line: Line
) -> None:
    attachment = await store()
    line.can_upload = False
    first = await say(text=QUESTION, attachments=[attachment.id])
    line.can_upload = True

    await say(text="And now?", conversation=first.conversation_id)

    assert [source["type"] for source in sources(simulator)] == ["base64", "base64"]
    assert (await SentForm.objects.aget()).remote_id is None


async def test_an_expired_file_is_uploaded_anew_and_said(
    say: Say, store: Store, simulator: Simulator
) -> None:
    attachment = await store()
    first = await say(text=QUESTION, attachments=[attachment.id])
    soon = timezone.now() + timedelta(hours=1)
    await RemoteFile.objects.aupdate(expires_at=soon)

    second = await say(text="And now?", conversation=first.conversation_id)
    third = await say(text="And then?", conversation=first.conversation_id)

    ids = [source["file_id"] for source in sources(simulator)]
    assert ids[0] != ids[1] == ids[2]
    assert second.repairs[0] == {
        "type": "file_sent_anew",
        "message": 'Claude no longer had the file "bell.pdf", so it was sent again.'
        " This answer could not use the cache for it.",
    }
    # Thinking is bound to what stood before it.
    assert [repair["type"] for repair in second.repairs[1:]] == ["thinking_stripped"]
    assert third.repairs == []
    repair = await Repair.objects.aget(kind="file_sent_anew")
    assert (repair.message_id, list(repair.detail["files"])) == (
        second.user_message_id,
        [str(attachment.id)],
    )


async def test_a_file_that_somebody_deleted_there_is_uploaded_anew(
    say: Say, store: Store, simulator: Simulator
) -> None:
    attachment = await store()
    first = await say(text=QUESTION, attachments=[attachment.id])
    remote = await RemoteFile.objects.aget()
    simulator._files.delete(remote.file_id)
    before = len(sent(simulator, "/v1/files"))

    second = await say(text=QUESTION, conversation=first.conversation_id)

    assert len(sent(simulator, "/v1/files")) == before + 1
    await remote.arefresh_from_db()
    assert remote.deleted_at is not None
    assert [repair["type"] for repair in second.repairs] == [
        "file_sent_anew",
        "thinking_stripped",
    ]
    assert ANSWER in await text_of(second)


async def test_a_deleted_conversation_takes_its_uploads_along(
    say: Say, store: Store, simulator: Simulator
) -> None:
    shared, own = await store(name="shared.pdf"), await store(name="own.pdf")
    first = await say(text=QUESTION, attachments=[shared.id, own.id])
    await say(text=QUESTION, attachments=[shared.id])
    conversation = await Conversation.objects.aget(id=first.conversation_id)
    conversation.deleted_at = timezone.now()
    await conversation.asave()

    await remote_files.forget(conversation)

    kept = [remote async for remote in RemoteFile.objects.filter(deleted_at=None)]
    assert [remote.attachment_id for remote in kept] == [shared.id]
    assert [upload.filename for upload in simulator._files._kept] == ["shared.pdf"]
