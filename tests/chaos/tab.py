"""The campaigns' one client of the socket, written from docs/protocol.md.

    async with await Login.at_server(url) as login, Tab(login) as tab:
        turn = await tab.ask("[simulate: echo] Hello")
        await tab.ended(turn)
        assert tab.text(turn) == "Hello"

A tab connects again by itself, watches again what it watched, and sends again what was
not accepted. It remembers when it learned what, in `time.monotonic()` seconds:
`accepted`, `marks`, `notices`, `catch_ups`.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from tests.chaos.tab_line import Line
from tests.chaos.tab_login import Login
from tests.chaos.tab_state import TabState

type Json = dict[str, Any]

AGAIN_SECONDS = 2.0  # "after a few seconds", for what was refused for now
NOTICES = ("server.restarting", "server.impaired", "server.recovered")


@dataclass(frozen=True)
class Accepted:
    """A command that the server has committed."""

    at: float
    event: Json

    @property
    def turn(self) -> str:
        return str(self.event["turn"]["id"])

    @property
    def message(self) -> str:
        return str(self.event["message"]["id"])

    @property
    def conversation(self) -> str:
        return str(self.event["conversation"]["id"])


@dataclass(frozen=True)
class Mark:
    """How many characters of an answer's text were shown from a moment on."""

    at: float
    characters: int


class Tab:
    """A tab of a browser; a context manager, which connects it and closes it.

    `url` names another process than the log-in's. `on_event` is told everything that
    arrives. The delays are those of the document; a campaign that cuts hundreds of
    times may shorten them.
    """

    def __init__(
        self,
        login: Login,
        url: str | None = None,
        *,
        on_event: Callable[[Json], None] = lambda event: None,
        chance: random.Random | None = None,
        first_delay_seconds: float = 0.5,
        longest_delay_seconds: float = 15.0,
    ) -> None:
        self.state = TabState()
        # By client id: when and how the server accepted, or refused for good.
        self.accepted: dict[str, Accepted] = {}
        self.rejected: dict[str, Json] = {}
        self.unaccepted: dict[str, Json] = {}
        # By turn id, whenever the text that is shown has changed.
        self.marks: dict[str, list[Mark]] = {}
        self.notices: list[tuple[float, str]] = []
        # Seconds from a connection being open again to everything watched being shown.
        self.catch_ups: list[float] = []
        self.resyncs = 0
        self.line = Line(
            login,
            url or login.origin,
            on_open=self._opened,
            on_frame=self._received,
            on_change=self._tell,
            chance=chance or random.Random(),
            first_delay_seconds=first_delay_seconds,
            longest_delay_seconds=longest_delay_seconds,
        )
        self._on_event = on_event
        self._watched: dict[str, None] = {}
        # Conversations and turns whose snapshot this connection still owes.
        self._owed: set[str] = set()
        self._behind_since: float | None = None
        self._later: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.line.begin()
        await self.until(lambda: self.line.is_open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.line.close()
        await self._forget_later()

    # What a person does

    async def ask(self, text: str, conversation: str | None = None) -> str:
        """Send a message and return its turn's id once it is accepted."""
        place = {} if conversation is None else {"conversation": conversation}
        return (await self.begin("message.send", text=text, **place)).turn

    async def begin(
        self, command: str, *, client_id: str | None = None, **fields: Any
    ) -> Accepted:
        """Send a command that starts a turn and return its acceptance.

        Fails when it is rejected for good.
        """
        sent = await self.post(command, client_id=client_id, **fields)
        await self.until(lambda: sent in self.accepted or sent in self.rejected)
        assert sent in self.accepted, self.rejected[sent]
        return self.accepted[sent]

    async def post(
        self, command: str, *, client_id: str | None = None, **fields: Any
    ) -> str:
        """Send such a command without waiting; it is kept until it is answered."""
        client_id = client_id or str(uuid.uuid4())
        self.unaccepted[client_id] = {"type": command, "client_id": client_id, **fields}
        await self.line.send(self.unaccepted[client_id])
        return client_id

    async def send(self, command: str, **fields: Any) -> None:
        """Send a command without a client id, which is lost when the line is broken."""
        await self.line.send({"type": command, **fields})

    async def watch(self, conversation: str) -> None:
        """Watch a conversation, also after a break; return when it is shown."""
        self._watched[conversation] = None
        self._owed.add(conversation)
        await self.send("conversation.watch", conversation=conversation)
        await self.until(lambda: self.is_current)

    async def unwatch(self, conversation: str) -> None:
        self._watched.pop(conversation, None)
        await self.send("conversation.unwatch", conversation=conversation)

    # What a person sees

    def text(self, turn: str) -> str:
        """Return the text that is shown as the answer of a turn."""
        return self.state.text(turn)

    def shown_at(self, turn: str, moment: float) -> int:
        """Return how many characters of a turn's text were shown at a moment."""
        marks = [mark for mark in self.marks.get(turn, []) if mark.at <= moment]
        return marks[-1].characters if marks else 0

    @property
    def is_current(self) -> bool:
        """Say whether it is connected and was told everything that it watches."""
        return self.line.is_open and not self._owed

    async def ended(self, turn: str, timeout_seconds: float = 60) -> str:
        """Wait for a turn's end and return its state."""
        turns = self.state.turns
        await self.until(
            lambda: turn in turns and turns[turn].is_closed, timeout_seconds
        )
        return turns[turn].state

    async def until(
        self, is_true: Callable[[], bool], timeout_seconds: float = 60
    ) -> None:
        """Wait until something holds; it is asked again after every frame."""
        async with asyncio.timeout(timeout_seconds):
            while not is_true():
                self.line.require_working()
                await self._news.wait()

    # What happens to a tab

    def cut(self) -> bool:
        """Break the connection; the tab connects again. False when it is broken."""
        return self.line.cut()

    async def vanish(self) -> None:
        """Break the connection for ever: the browser was killed."""
        self.line.cut()
        await self.line.stop()
        await self._forget_later()

    # What the line brings

    async def _opened(self) -> None:
        self._behind_since = time.monotonic()
        await self._ask_again()

    async def _ask_again(self) -> None:
        # An answer to what was asked before will not come any more.
        self.state.forget_questions()
        self._owed = set(self._watched)
        # Watching comes first: what is sent again must not be answered unseen.
        for conversation in list(self._watched):
            await self.send("conversation.watch", conversation=conversation)
        for command in list(self.unaccepted.values()):
            await self.line.send(command)

    async def _received(self, events: list[Json]) -> None:
        for event in events:
            await self._take(event)
        if self._behind_since is not None and not self._owed:
            if self.line.connections > 1:
                self.catch_ups.append(time.monotonic() - self._behind_since)
            self._behind_since = None
        self._tell()

    async def _take(self, event: Json) -> None:
        turns = self.state.apply(event)
        self._note(event)
        self._on_event(event)
        for turn in turns:
            self.resyncs += 1
            self._owed.add(turn)
            await self.send("turn.resync", turn=turn)
        if event["type"] == "server.recovered":
            await self._ask_again()

    def _note(self, event: Json) -> None:
        """Remember what an event told, and when."""
        match event["type"]:
            case "message.accepted":
                self._note_accepted(event)
            case "command.rejected":
                self._note_rejected(event)
            case "conversation.snapshot":
                self._owed.discard(event["conversation"]["id"])
                self._owed.update(self._running(event["turns"]))
            case notice if notice in NOTICES:
                self.notices.append((time.monotonic(), notice))
            case _ if "seq" in event:
                self._note_text(event)

    def _note_accepted(self, event: Json) -> None:
        if self.unaccepted.pop(event["client_id"], None) is not None:
            accepted = Accepted(time.monotonic(), event)
            self.accepted[event["client_id"]] = accepted
            self._watched[accepted.conversation] = None

    def _note_rejected(self, event: Json) -> None:
        if event["error"]["retryable"]:
            task = asyncio.create_task(self._ask_later())
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        elif event["client_id"] is not None:
            self.unaccepted.pop(event["client_id"], None)
            self.rejected[event["client_id"]] = event

    def _note_text(self, event: Json) -> None:
        turn = self.state.turns[event["turn"]]
        if event["type"] == "turn.snapshot" or turn.is_closed:
            self._owed.discard(event["turn"])
        marks = self.marks.setdefault(event["turn"], [])
        characters = len(turn.text)
        if not marks or marks[-1].characters != characters:
            marks.append(Mark(time.monotonic(), characters))

    def _running(self, rows: list[Json]) -> list[str]:
        """Return the turns among `rows` whose snapshot is still to come."""
        return [
            row["id"]
            for row in rows
            if row["state"] == "running" and not self.state.turns[row["id"]].is_closed
        ]

    async def _ask_later(self) -> None:
        await asyncio.sleep(AGAIN_SECONDS)
        await self._ask_again()

    async def _forget_later(self) -> None:
        tasks = list(self._later)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
