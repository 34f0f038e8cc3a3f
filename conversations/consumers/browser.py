"""One browser tab's socket. Nothing valuable lives here (design invariant 5)."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AbstractBaseUser
from django.db import Error as DatabaseTrouble

from conversations.models import Conversation, Turn
from conversations.models.conversation import find_visible
from conversations.models.reading import read
from conversations.protocol import commands, events
from conversations.protocol.commands import Command, CommandRejected
from conversations.turns import decisions, runner
from conversations.turns.claims import claims
from conversations.turns.health import health
from conversations.turns.hub import (
    Encoded,
    Topic,
    conversation_topic,
    encode,
    hub,
    person_topic,
)
from conversations.turns.publisher import snapshot_event
from conversations.turns.registry import registry
from conversations.turns.relay import relay
from conversations.turns.snapshots import latest_snapshot, look_at
from conversations.turns.start import Acceptance, start_turn
from conversations.turns.trouble import reason_of, rejection_of

from .outbox import Outbox
from .rights import rights_watch, session_key_of, user_of
from .topics import Topics

logger = logging.getLogger(__name__)

NO_SESSION = 4401
COME_BACK = 4001


class BrowserConsumer(AsyncWebsocketConsumer):
    """Parses commands, checks rights anew for each, hands them on, sends events."""

    user: AbstractBaseUser
    session_key: str

    def __init__(self) -> None:
        super().__init__()
        self._outbox = Outbox(self._send_frame, self._fetch)
        self._person: Topic | None = None
        self._topics = Topics(hub, self)
        self._held: list[Encoded] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Channels tells of a disconnect only when it was one: an error ends here too.
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def connect(self) -> None:
        # Accepted before it is refused: only an open socket can say why it closes.
        await self.accept()
        key = session_key_of(self.scope)
        try:
            user = await user_of(key)
        except DatabaseTrouble as error:
            # Nobody knows whose socket it is. Its page comes back within seconds; any
            # other code would have it wait longer each time.
            away = encode(events.ServerImpaired(reason=reason_of(error)))
            await self._send_frame(f"[{away.text}]")
            await self.close(COME_BACK)
            return
        if user is None or key is None:
            await self.close(NO_SESSION)
            return
        self.user, self.session_key = user, key
        self._person = person_topic(user.pk)
        hub.subscribe(self._person, self)
        rights_watch.add(self)
        self._begin(self._outbox.run())
        self._outbox.put([encode(notice) for notice in _notices()])

    async def lose_rights(self) -> None:
        """Close the socket of a session that is no longer good."""
        await self.close(NO_SESSION)

    def _leave(self) -> None:
        rights_watch.discard(self)
        self._topics.leave_all()
        if self._person is not None:
            hub.unsubscribe(self._person, self)
        for task in self._tasks:
            task.cancel()

    def deliver(self, batch: list[Encoded]) -> None:
        """Take events from the hub."""
        if self._held is not None:
            self._held.extend(batch)
        else:
            self._outbox.put(batch)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        if self._person is None:
            return  # refused, and already closing
        await self._outbox.room()
        try:
            # A binary frame has no text, which is no command either.
            command = commands.parse(text_data or "")
        except CommandRejected as rejection:
            self._reject(rejection)
            return
        try:
            if await self._has_rights():
                await self._handlers[type(command)](self, command)
        except CommandRejected as rejection:
            self._reject(rejection, command)
        except DatabaseTrouble as error:
            if isinstance(command, commands.Ping):
                # It asks whether the socket lives, and it does.
                self._emit(events.Pong())
            else:
                self._reject(rejection_of(error), command)

    async def _watch(self, command: commands.WatchConversation) -> None:
        conversation = await self._find_conversation(command.conversation)
        # Join before reading the snapshot, or events sent in between are lost. They
        # are held back meanwhile; the browser drops those that the snapshot contains.
        self._topics.join(conversation_topic(conversation.id))
        self._held = []
        try:
            running, snapshot = await read(look_at, conversation, command.leaf)
        finally:
            held, self._held = self._held, None
        live = registry.of_conversation(conversation.id)
        elsewhere = [turn for turn in running if registry.find(turn.id) is None]
        for turn in elsewhere:
            self._outbox.expect(turn.id)
        here = [encode(snapshot_event(turn)) for turn in live]
        self._outbox.put([encode(snapshot), *here, *held])
        for turn in elsewhere:
            await self._catch_up(turn)

    async def _unwatch(self, command: commands.UnwatchConversation) -> None:
        self._topics.leave(conversation_topic(command.conversation))

    async def _start(
        self,
        command: commands.SendMessage
        | commands.EditMessage
        | commands.RetryTurn
        | commands.ContinueTurn,
    ) -> None:
        acceptance = await start_turn(
            self.user, command, before_launch=self._watch_accepted
        )
        if not acceptance.is_new:
            # The answer may be half or wholly written, here or elsewhere. No await may
            # stand between joining and its snapshot, or a delta comes before both.
            self._topics.join(conversation_topic(acceptance.conversation.id))
            self._emit(acceptance.as_event())
            await self._catch_up(acceptance.turn)

    def _watch_accepted(self, acceptance: Acceptance) -> None:
        if acceptance.is_new:
            self._topics.join(conversation_topic(acceptance.conversation.id))

    async def _cancel(self, command: commands.CancelTurn) -> None:
        turn = await self._find_turn(command.turn)
        await runner.cancel(turn.id)

    async def _decide(self, command: commands.DecideTool) -> None:
        turn = await self._find_turn(command.turn)
        await decisions.decide(self.user, turn, command.call, command.decision)

    async def _resync(self, command: commands.ResyncTurn) -> None:
        await self._catch_up(await self._find_turn(command.turn))

    async def _catch_up(self, turn: Turn) -> None:
        """Send what a turn has said so far, wherever it runs or ran."""
        if (live := registry.find(turn.id)) is not None:
            self._emit(snapshot_event(live))
            return
        self._outbox.expect(turn.id)
        if not relay.ask(turn, self):
            snapshot = await latest_snapshot(turn.id)
            if snapshot is not None:
                self._emit(snapshot)

    def _fetch(self, turn_ids: set[UUID]) -> None:
        """Get snapshots of turns of other processes for a socket that was slow."""
        self._begin(self._catch_up_with(turn_ids))

    async def _catch_up_with(self, turn_ids: set[UUID]) -> None:
        visible = Turn.objects.visible_to(self.user)
        try:
            for turn in await read(list, visible.filter(id__in=turn_ids)):
                await self._catch_up(turn)
        except DatabaseTrouble as error:
            # When it is back every page is told to ask again.
            logger.warning("A slow socket could not catch up: %s", error)

    async def _ping(self, command: commands.Ping) -> None:
        self._emit(events.Pong())

    _handlers: dict[type[Command], Callable[[Any, Any], Awaitable[None]]] = {
        commands.WatchConversation: _watch,
        commands.UnwatchConversation: _unwatch,
        commands.SendMessage: _start,
        commands.EditMessage: _start,
        commands.RetryTurn: _start,
        commands.ContinueTurn: _start,
        commands.CancelTurn: _cancel,
        commands.ResyncTurn: _resync,
        commands.DecideTool: _decide,
        commands.Ping: _ping,
    }

    async def _has_rights(self) -> bool:
        user = await user_of(self.session_key)
        if user is None or user.pk != self.user.pk:
            await self.lose_rights()
            return False
        self.user = user
        return True

    async def _find_conversation(self, conversation_id: UUID) -> Conversation:
        found = await read(find_visible, self.user, conversation_id)
        if found is None:
            raise CommandRejected("not_found", "There is no such conversation.")
        return found

    async def _find_turn(self, turn_id: UUID) -> Turn:
        visible = Turn.objects.visible_to(self.user)
        found = await read(visible.filter(id=turn_id).first)
        if found is None:
            raise CommandRejected("not_found", "There is no such turn.")
        return found

    def _begin(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside the commands until the socket closes."""
        task = asyncio.get_running_loop().create_task(
            coroutine, context=contextvars.Context()
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _reject(
        self, rejection: CommandRejected, command: Command | None = None
    ) -> None:
        if command is not None:
            rejection.command = command.name
            rejection.client_id = getattr(command, "client_id", None)
        self._emit(_rejected(rejection))

    def _emit(self, event: events.Event) -> None:
        self._outbox.put([encode(event)])

    async def _send_frame(self, text: str) -> None:
        await self.send(text_data=text)


def _notices() -> list[events.Event]:
    """Return what a socket that opens now has to know of the server."""
    if claims.is_draining:
        return [events.ServerRestarting(reason="The server is restarting.")]
    return health.notices()


def _rejected(rejection: CommandRejected) -> events.Rejected:
    return events.Rejected(
        command=rejection.command,
        client_id=rejection.client_id,
        error={
            "type": rejection.type,
            "message": rejection.message,
            "retryable": rejection.retryable,
            "request_id": None,
            "action": rejection.action,
        },
    )
