"""One browser tab's socket. Nothing valuable lives here (design invariant 5)."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AbstractBaseUser

from conversations.models import Conversation, Turn
from conversations.models.reading import read
from conversations.protocol import commands, events
from conversations.protocol.commands import Command, CommandRejected
from conversations.turns import runner
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
from conversations.turns.snapshots import conversation_snapshot, stored_turn_snapshot
from conversations.turns.start import Acceptance, start_turn

from .outbox import Outbox
from .rights import rights_watch, session_key_of, user_of

NO_SESSION = 4401
MAX_WATCHED = 50  # ours: a tab watches one conversation, seldom a few


class BrowserConsumer(AsyncWebsocketConsumer):
    """Parses commands, checks rights anew for each, hands them on, sends events."""

    user: AbstractBaseUser
    session_key: str

    def __init__(self) -> None:
        super().__init__()
        self._outbox = Outbox(self._send_frame)
        self._person: Topic | None = None
        # In the order of joining: the first is the one to let go.
        self._topics: dict[Topic, None] = {}
        self._held: list[Encoded] | None = None
        self._sending: asyncio.Task[None] | None = None

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
        user = await user_of(key)
        if user is None or key is None:
            await self.close(NO_SESSION)
            return
        self.user, self.session_key = user, key
        self._person = person_topic(user.pk)
        hub.subscribe(self._person, self)
        rights_watch.add(self)
        self._sending = asyncio.get_running_loop().create_task(
            self._outbox.run(), context=contextvars.Context()
        )

    async def lose_rights(self) -> None:
        """Close the socket of a session that is no longer good."""
        await self.close(NO_SESSION)

    def _leave(self) -> None:
        rights_watch.discard(self)
        for topic in (*self._topics, self._person):
            if topic is not None:
                hub.unsubscribe(topic, self)
        if self._sending is not None:
            self._sending.cancel()

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
            if await self._has_rights():
                await self._handlers[type(command)](self, command)
        except CommandRejected as rejection:
            self._emit(_rejected(rejection))

    async def _watch(self, command: commands.WatchConversation) -> None:
        conversation = await self._find_conversation(command.conversation)
        # Join before reading the snapshot, or events sent in between are lost. They
        # are held back meanwhile; the browser drops those that the snapshot contains.
        self._subscribe(conversation_topic(conversation.id))
        self._held = []
        try:
            snapshot = await read(conversation_snapshot, conversation, command.leaf)
        finally:
            held, self._held = self._held, None
        live = registry.of_conversation(conversation.id)
        running = [encode(snapshot_event(turn)) for turn in live]
        self._outbox.put([encode(snapshot), *running, *held])

    async def _unwatch(self, command: commands.UnwatchConversation) -> None:
        topic = conversation_topic(command.conversation)
        self._topics.pop(topic, None)
        hub.unsubscribe(topic, self)

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
            self._emit(acceptance.as_event())

    def _watch_accepted(self, acceptance: Acceptance) -> None:
        self._subscribe(conversation_topic(acceptance.conversation.id))

    async def _cancel(self, command: commands.CancelTurn) -> None:
        turn = await self._find_turn(command.turn)
        await runner.cancel(turn.id)

    async def _resync(self, command: commands.ResyncTurn) -> None:
        turn = await self._find_turn(command.turn)
        live = registry.find(turn.id)
        if live is not None:
            self._emit(snapshot_event(live))
        else:
            self._emit(await read(_stored_snapshot, turn.id))

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
        visible = Conversation.objects.visible_to(self.user)
        found = await read(visible.filter(id=conversation_id).first)
        if found is None:
            raise CommandRejected("not_found", "There is no such conversation.")
        return found

    async def _find_turn(self, turn_id: UUID) -> Turn:
        visible = Turn.objects.visible_to(self.user)
        found = await read(visible.filter(id=turn_id).first)
        if found is None:
            raise CommandRejected("not_found", "There is no such turn.")
        return found

    def _subscribe(self, topic: Topic) -> None:
        """Join a topic; it never fails, because a committed turn may wait for it."""
        self._topics.pop(topic, None)
        self._topics[topic] = None
        hub.subscribe(topic, self)
        if len(self._topics) > MAX_WATCHED:
            oldest = next(iter(self._topics))
            del self._topics[oldest]
            hub.unsubscribe(oldest, self)

    def _emit(self, event: events.Event) -> None:
        self._outbox.put([encode(event)])

    async def _send_frame(self, text: str) -> None:
        await self.send(text_data=text)


def _stored_snapshot(turn_id: UUID) -> events.TurnSnapshot:
    return stored_turn_snapshot(Turn.objects.get(id=turn_id))


def _rejected(rejection: CommandRejected) -> events.Rejected:
    return events.Rejected(
        command=rejection.command,
        client_id=rejection.client_id,
        error={
            "type": rejection.type,
            "message": rejection.message,
            "retryable": False,
            "request_id": None,
            "action": "none",
        },
    )
