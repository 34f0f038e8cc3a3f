"""A client written from docs/protocol.md alone drives the real server.

It imports nothing of Colloquy: only httpx, websockets and what the document says.
"""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.serving import RunningServer, running_server

type Json = dict[str, Any]
PASSWORD = "a password for this test only"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder: Path = tmp_path_factory.mktemp("protocol") / "data"
    with running_server(
        folder, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD
    ) as running:
        yield running


class Http:
    """Section 1 and 2: log in by the form, then ask with cookie and token."""

    def __init__(self, url: str) -> None:
        self.origin = url
        self.client = httpx.Client(base_url=url, trust_env=False)

    def log_in(self, password: str = PASSWORD) -> httpx.Response:
        self.client.get("/accounts/login/")
        form = {"login": "root", "password": password}
        return self.client.post(
            "/accounts/login/", data=form | {"csrfmiddlewaretoken": self.token}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    @property
    def token(self) -> str:
        return self.client.cookies["csrftoken"]

    @property
    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{k}={v}" for k, v in self.client.cookies.items())
        return {"Cookie": cookies}

    def post(self, path: str, **fields: Any) -> httpx.Response:
        headers = {"X-CSRFToken": self.token, "Origin": self.origin}
        return self.client.post(path, headers=headers, **fields)


class Tab:
    """Sections 3 to 5: commands out, arrays of events in, (epoch, seq) checked."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.waiting: list[Json] = []
        self.seen: dict[str, tuple[int, int]] = {}
        self.texts: dict[str, list[str]] = {}

    async def send(self, command: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": command, **fields}))

    async def event(self) -> Json:
        while not self.waiting:
            frame = await asyncio.wait_for(self.socket.recv(), 20)
            self.waiting = json.loads(frame)
        event = self.waiting.pop(0)
        if "seq" in event:
            await self._order(event)
        return event

    async def until(self, *names: str) -> Json:
        while (event := await self.event())["type"] not in names:
            pass
        return event

    def text_of(self, turn: str) -> str:
        return "".join(self.texts.get(turn, []))

    async def _order(self, event: Json) -> None:
        turn, place = event["turn"], (event["epoch"], event["seq"])
        if event["type"] == "turn.snapshot":
            self.seen[turn] = place
            blocks = [b for m in event["messages"] for b in m["blocks"]]
            self.texts[turn] = [
                b["block"]["text"] for b in blocks if b["block"]["type"] == "text"
            ]
            return
        epoch, seq = self.seen.get(turn, (event["epoch"], 0))
        assert place == (epoch, seq + 1), "a gap on a quiet connection"
        self.seen[turn] = place
        if event["type"] == "block.delta" and event["delta"]["type"] == "text_delta":
            self.texts.setdefault(turn, []).append(event["delta"]["text"])


@pytest.fixture
def http(server: RunningServer) -> Iterator[Http]:
    with Http(server.url) as http:
        http.log_in()
        yield http


def socket_of(server: RunningServer, http: Http, origin: str | None = None) -> connect:
    address = server.url.replace("http", "ws") + "/ws/"
    return connect(
        address,
        additional_headers=http.headers,
        origin=origin or server.url,  # type: ignore[arg-type]
        proxy=None,
    )


def test_log_in_says_no_by_showing_the_form(server: RunningServer) -> None:
    with Http(server.url) as http:
        assert http.log_in("wrong").status_code == 200
        assert "sessionid" not in http.client.cookies
        assert http.log_in().status_code == 302
        assert "sessionid" in http.client.cookies


def test_probes_answer_without_a_session(server: RunningServer) -> None:
    for path, word in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = httpx.get(server.url + path, trust_env=False)
        assert (answer.status_code, answer.text) == (200, word)


async def test_conversation_from_the_first_word_to_the_export(
    server: RunningServer, http: Http
) -> None:
    async with socket_of(server, http) as socket:
        tab = Tab(socket)
        client_id = str(uuid.uuid4())
        await tab.send("message.send", client_id=client_id, text="Tell me of tables.")
        accepted = await tab.until("message.accepted")
        completed = await tab.until("turn.completed")

    assert accepted["client_id"] == client_id
    conversation = accepted["conversation"]["id"]
    stored = http.client.get(f"/conversations/{conversation}.json").json()
    assert set(stored) == {
        "conversation",
        "messages",
        "turns",
        "tool_calls",
        "compactions",
        "repairs",
        "usage",
    }
    question, answer = stored["messages"]
    assert question["content"] == [{"type": "text", "text": "Tell me of tables."}]
    assert answer["id"] == completed["leaf"] == stored["conversation"]["leaf"]
    texts = [b["text"] for b in answer["content"] if b["type"] == "text"]
    assert "".join(texts) == tab.text_of(accepted["turn"]["id"]) != ""
    paid = [row["turn"] for row in stored["usage"] if row["purpose"] == "answer"]
    assert paid == [accepted["turn"]["id"]]


async def test_command_sent_again_after_a_cut_is_one_message(
    server: RunningServer, http: Http
) -> None:
    command = {"client_id": str(uuid.uuid4()), "text": "Once only."}
    async with socket_of(server, http) as socket:
        await Tab(socket).send("message.send", **command)
    async with socket_of(server, http) as socket:
        tab = Tab(socket)
        await tab.send("message.send", **command)
        accepted = await tab.until("message.accepted")
        await tab.send("turn.resync", turn=accepted["turn"]["id"])
        snapshot = await tab.until("turn.snapshot")
        if snapshot["state"]["state"] == "running":
            await tab.until("turn.completed")

    conversation = accepted["conversation"]["id"]
    stored = http.client.get(f"/conversations/{conversation}.json").json()
    roles = [message["role"] for message in stored["messages"]]
    assert roles == ["user", "assistant"]


async def test_watcher_of_a_running_turn_misses_nothing(
    server: RunningServer, http: Http
) -> None:
    async with (
        socket_of(server, http) as first,
        socket_of(server, http) as second,
    ):
        tab, late = Tab(first), Tab(second)
        text = "[simulate: slow seconds=1] Tell me a lot."
        await tab.send("message.send", client_id=str(uuid.uuid4()), text=text)
        accepted = await tab.until("message.accepted")
        conversation, turn = accepted["conversation"]["id"], accepted["turn"]["id"]
        await tab.until("block.delta")

        await late.send("conversation.watch", conversation=conversation)
        snapshot = await late.until("conversation.snapshot")
        await late.until("turn.completed", "turn.snapshot")
        await tab.until("turn.completed")
        while late.seen[turn] != tab.seen[turn]:
            await late.event()

    assert [m["text"] for m in snapshot["messages"]] == [text]
    assert late.text_of(turn) == tab.text_of(turn) != ""


async def test_edit_retry_and_cancel(server: RunningServer, http: Http) -> None:
    async with socket_of(server, http) as socket:
        tab = Tab(socket)
        await tab.send("message.send", client_id=str(uuid.uuid4()), text="One")
        first = await tab.until("message.accepted")
        await tab.until("turn.completed")
        await tab.send(
            "turn.retry", client_id=str(uuid.uuid4()), turn=first["turn"]["id"]
        )
        again = await tab.until("message.accepted")
        await tab.until("turn.completed")
        await tab.send(
            "message.edit",
            client_id=str(uuid.uuid4()),
            message=first["message"]["id"],
            text="[simulate: slow seconds=30] Two",
        )
        edited = await tab.until("message.accepted")
        await tab.send("turn.cancel", turn=edited["turn"]["id"])
        cancelled = await tab.until("turn.cancelled")

    assert again["message"]["id"] == first["message"]["id"]
    assert edited["message"]["versions"] == [
        first["message"]["id"],
        edited["message"]["id"],
    ]
    assert cancelled["turn"] == edited["turn"]["id"]


async def test_unknown_and_malformed_commands_are_answered(
    server: RunningServer, http: Http
) -> None:
    async with socket_of(server, http) as socket:
        tab = Tab(socket)
        await socket.send("nonsense")
        malformed = await tab.event()
        await tab.send("conversation.explode")
        unknown = await tab.event()
        await tab.send("conversation.watch", conversation=str(uuid.uuid4()))
        foreign = await tab.event()
        await tab.send("ping")

        assert malformed["error"]["type"] == "malformed_command"
        assert unknown["error"]["type"] == "unknown_command"
        assert foreign["error"]["type"] == "not_found"
        assert await tab.event() == {"type": "pong"}


async def test_socket_without_a_session_is_closed_with_4401(
    server: RunningServer,
) -> None:
    with Http(server.url) as http:
        async with socket_of(server, http) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 10)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_foreign_origin_gets_no_socket(server: RunningServer, http: Http) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket_of(server, http, origin="https://elsewhere.example"):
            pass

    assert refused.value.response.status_code == 403


async def test_frame_above_one_mebibyte_closes_with_1009(
    server: RunningServer, http: Http
) -> None:
    async with socket_of(server, http) as socket:
        await socket.send("x" * (1024 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 10)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_program_begins_a_conversation_over_http(http: Http) -> None:
    body = {"client_id": str(uuid.uuid4()), "text": "From a program", "attachments": []}

    created = http.post("/conversations/", json=body)
    repeated = http.post("/conversations/", json=body)

    assert (created.status_code, repeated.status_code) == (201, 200)
    assert set(created.json()) == {"conversation", "message", "turn"}
    assert repeated.json()["message"] == created.json()["message"]
    assert created.headers["location"].startswith("/conversations/")


def test_wrong_request_says_what_was_expected(http: Http) -> None:
    no_id = http.post("/conversations/", json={"text": "no id"})
    no_object = http.post("/conversations/", json=["text"])
    no_file = http.post("/attachments/")

    answers = [no_id, no_object, no_file]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "client_id" in no_id.json()["error"]["message"]
    assert no_object.json()["error"]["type"] == "malformed_command"
    assert no_file.json()["error"]["type"] == "no_file"


def test_attachment_goes_up_is_asked_about_and_comes_back(http: Http) -> None:
    notes = b"The kettle is in the attic.\n"
    upload = http.post("/attachments/", files={"file": ("notes.txt", notes)})
    assert upload.status_code == 201
    attachment = upload.json()
    assert (attachment["kind"], attachment["name"]) == ("text", "notes.txt")

    body = {
        "client_id": str(uuid.uuid4()),
        "text": "Where is the kettle?",
        "attachments": [attachment["id"]],
    }
    created = http.post("/conversations/", json=body).json()
    part = http.client.get(attachment["href"], headers={"Range": "bytes=4-9"})

    assert [item["id"] for item in created["message"]["attachments"]] == [
        attachment["id"]
    ]
    assert (part.status_code, part.content) == (206, b"kettle")
