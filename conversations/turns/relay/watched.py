"""Turns of other processes that are watched here: the watcher's side."""

import asyncio
import contextvars
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from uuid import UUID
from weakref import WeakKeyDictionary, WeakValueDictionary

from django.db import Error

from conversations.protocol.events import TurnSnapshot
from conversations.turns.hub import (
    Encoded,
    Hub,
    Subscriber,
    conversation_topic,
    encode,
)

from .wire import Answered, Asked, Letter, Refused, Unwatched

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0  # ours: what an owner may take before the stored state is shown

type Send = Callable[[str, Letter], None]
# Returns what is known here of a turn, however little; None if it is gone.
type Latest = Callable[[UUID], Awaitable[TurnSnapshot | None]]
type _Key = tuple[UUID, int | None]


@dataclass
class _Question:
    owner: str
    asked: Asked
    timer: asyncio.TimerHandle


class Watched:
    """Asks owners for snapshots. Who does not answer is answered for, as stored."""

    def __init__(self, hub: Hub, send: Send, latest: Latest) -> None:
        self._hub = hub
        self._send = send
        self._latest = latest
        self._questions: dict[_Key, _Question] = {}
        # Conversations and the processes that send us events of them.
        self._owners: defaultdict[UUID, set[str]] = defaultdict(set)
        self._refs: WeakKeyDictionary[Subscriber, int] = WeakKeyDictionary()
        self._sockets: WeakValueDictionary[int, Subscriber] = WeakValueDictionary()
        self._next_ref = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(
        self,
        owner: str,
        turn_id: UUID,
        conversation_id: UUID,
        subscriber: Subscriber | None = None,
    ) -> None:
        """Ask the owner for a turn: for one socket, or for all that watch here."""
        ref = None if subscriber is None else self._ref_of(subscriber)
        key = turn_id, ref
        self._settle(key)
        timer = asyncio.get_running_loop().call_later(
            ANSWER_SECONDS, self._answer_as_stored, key
        )
        asked = Asked(turn_id, conversation_id, ref)
        self._questions[key] = _Question(owner, asked, timer)
        self._owners[conversation_id].add(owner)
        self._send(owner, asked)

    def answered(self, owner: str, answer: Answered) -> None:
        """Hand on a snapshot, also one that comes late."""
        self._settle((answer.turn, answer.ref))
        is_asked_for = answer.ref is not None
        item = Encoded(TurnSnapshot.name, answer.turn, is_asked_for, answer.text)
        self._deliver(answer.conversation, answer.ref, item)
        if not self._hub.count(conversation_topic(answer.conversation)):
            # Who asked has left meanwhile, or never wanted more than the snapshot.
            self._send(owner, Unwatched(answer.conversation))
            self._owners.pop(answer.conversation, None)

    def refused(self, refusal: Refused) -> None:
        """The turn has ended, or has changed hands: the database knows."""
        self._answer_as_stored((refusal.turn, refusal.ref))

    def unreachable(self, process: str) -> None:
        """Answer for a process that is gone."""
        for key, question in list(self._questions.items()):
            if question.owner == process:
                self._answer_as_stored(key)

    def left(self, conversation_id: UUID) -> None:
        """Nobody here watches a conversation any more: its owners need not tell."""
        for owner in self._owners.pop(conversation_id, ()):
            self._send(owner, Unwatched(conversation_id))

    def stop(self) -> None:
        """Leave every question open."""
        for key in list(self._questions):
            self._settle(key)
        for task in self._tasks:
            task.cancel()
        self._owners.clear()

    def _ref_of(self, subscriber: Subscriber) -> int:
        ref = self._refs.get(subscriber)
        if ref is None:
            ref = self._refs[subscriber] = next(self._next_ref)
            self._sockets[ref] = subscriber
        return ref

    def _settle(self, key: _Key) -> _Question | None:
        question = self._questions.pop(key, None)
        if question is not None:
            question.timer.cancel()
        return question

    def _answer_as_stored(self, key: _Key) -> None:
        question = self._settle(key)
        if question is None:
            return
        task = asyncio.get_running_loop().create_task(
            self._send_stored(question), context=contextvars.Context()
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_stored(self, question: _Question) -> None:
        asked = question.asked
        try:
            snapshot = await self._latest(asked.turn)
        except Error as error:
            # When the database is back every page is told to ask again.
            logger.warning("A turn could not be read: %s", error)
            return
        if snapshot is not None:
            self._deliver(asked.conversation, asked.ref, encode(snapshot))

    def _deliver(self, conversation_id: UUID, ref: int | None, item: Encoded) -> None:
        if ref is None:
            self._hub.deliver(conversation_topic(conversation_id), [item])
        elif (socket := self._sockets.get(ref)) is not None:
            socket.deliver([item])
