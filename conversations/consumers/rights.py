"""Whose socket this is, asked anew: for each command, and every few seconds for all.

Channels reads session and user once, when the socket opens. A log-out, a new password
or a closed account must end the rights of an open socket too, also of a silent one.
"""

import asyncio
import contextvars
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import BigAutoField, CharField
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from conversations.models.prepared import PreparedQuery
from conversations.models.reading import read

logger = logging.getLogger(__name__)

RIGHTS_SECONDS = 3.0  # ours: with the query below the 5 s that we promise


class Holder(Protocol):
    """An open socket, known by its session."""

    session_key: str

    async def lose_rights(self) -> None:
        """Close: the session is no longer good."""


def session_key_of(scope: Mapping[str, Any]) -> str | None:
    """Return the key of the session that a socket was opened with."""
    return getattr(scope.get("session"), "session_key", None)


async def user_of(session_key: str | None) -> AbstractBaseUser | None:
    """Return the active user of a session as the database knows it now."""
    if session_key is None:
        return None
    return await read(_user_of, session_key)


class RightsWatch:
    """Asks for all open sockets of this process at once: two queries, however many."""

    def __init__(self) -> None:
        self._holders: set[Holder] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, holder: Holder) -> None:
        self._holders.add(holder)
        loop = asyncio.get_running_loop()
        task = self._task
        if task is None or task.done() or task.get_loop() is not loop:
            self._task = loop.create_task(self._run(), context=contextvars.Context())

    def discard(self, holder: Holder) -> None:
        self._holders.discard(holder)

    async def _run(self) -> None:
        while self._holders:
            await asyncio.sleep(RIGHTS_SECONDS)
            try:
                await self._check(list(self._holders))
            except DatabaseError as error:
                # Nobody is thrown out because the database is away; it asks again.
                logger.warning("Open sockets could not be checked: %s", error)

    async def _check(self, holders: list[Holder]) -> None:
        good = await read(_users_of, [holder.session_key for holder in holders])
        for holder in holders:
            if holder.session_key not in good:
                self.discard(holder)
                await holder.lose_rights()


rights_watch = RightsWatch()


_session = PreparedQuery(
    lambda key: Session.objects.filter(session_key=key), key=CharField()
)
_user = PreparedQuery(
    lambda pk: get_user_model()._default_manager.filter(pk=pk), pk=BigAutoField()
)


def _user_of(session_key: str) -> AbstractBaseUser | None:
    """Return the active user of a session that is still good: asked for each command.

    It tells what django.contrib.auth.get_user tells.
    """
    row = _session.first(key=session_key)
    if row is None or row.expire_date <= timezone.now():
        return None
    session = row.get_decoded()
    if (pk := _owner_of(session)) is None:
        return None
    user = _user.first(pk=pk)
    return user if user is not None and _is_good(user, session) else None


def _users_of(session_keys: Iterable[str]) -> dict[str, AbstractBaseUser]:
    """Return what `_user_of` tells, for many sessions in two queries."""
    rows = Session.objects.filter(
        session_key__in=list(session_keys), expire_date__gt=timezone.now()
    )
    sessions = {row.session_key: row.get_decoded() for row in rows}
    owners = {key: _owner_of(session) for key, session in sessions.items()}
    users = get_user_model()._default_manager.in_bulk(
        [pk for pk in owners.values() if pk is not None]
    )
    return {
        key: user
        for key, pk in owners.items()
        if (user := users.get(pk)) is not None and _is_good(user, sessions[key])
    }


def _owner_of(session: Mapping[str, Any]) -> int | None:
    # Without a back end it is the session of somebody who has not logged in.
    return int(session[SESSION_KEY]) if session.get(BACKEND_SESSION_KEY) else None


def _is_good(user: AbstractBaseUser, session: Mapping[str, Any]) -> bool:
    """Whether an account is open and its password that of when they logged in."""
    if not user.is_active:
        return False
    expected = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    stored = str(session.get(HASH_SESSION_KEY, ""))
    return any(constant_time_compare(stored, each) for each in expected)
