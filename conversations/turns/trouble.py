"""The server's own troubles in words: database, disk and link between processes."""

import logging
import sqlite3
from typing import Any

from django.db import Error, InterfaceError, InternalError, OperationalError

from conversations.protocol.commands import CommandRejected

logger = logging.getLogger(__name__)

# What a database that is away, restarting, locked or read-only raises. Other errors
# (a constraint, a missing table) stay the same however often a command is sent again.
PASSING_ERRORS = (OperationalError, InterfaceError, InternalError)
POSTGRESQL_DISK_FULL = "53100"


def _reason(kind: str, message: str, action: str) -> dict[str, Any]:
    return {
        "type": kind,
        "message": message,
        "retryable": action != "none",
        "request_id": None,
        "action": action,
    }


DATABASE_UNAVAILABLE = _reason(
    "database_unavailable",
    "The database cannot be reached at the moment. Running answers go on; what you"
    " send waits until it is back.",
    "wait",
)
STORAGE_FULL = _reason(
    "storage_full",
    "The server's disk is full: reading works, but nothing new can be stored. An"
    " administrator has to make room.",
    "ask_admin",
)
RELAY_UNAVAILABLE = _reason(
    "relay_unavailable",
    "The link between the servers is down. Answers go on; some of them appear here only"
    " when it is back.",
    "wait",
)
BROKEN = _reason(
    "internal_error", "Colloquy made a mistake; the server's log tells more.", "none"
)


def reason_of(error: Error) -> dict[str, Any]:
    """Return the protocol's error object for an error of the database."""
    if is_disk_full(error):
        return STORAGE_FULL
    return DATABASE_UNAVAILABLE if isinstance(error, PASSING_ERRORS) else BROKEN


def rejection_of(error: Error) -> CommandRejected:
    """Return how a command is answered that failed with an error of the database."""
    reason = reason_of(error)
    if reason is BROKEN:
        logger.error("A command failed.", exc_info=error)
    else:
        logger.warning("A command has to wait: %s", error)
    return CommandRejected(
        reason["type"],
        reason["message"],
        retryable=reason["retryable"],
        action=reason["action"],
    )


def is_disk_full(error: Error) -> bool:
    """Say whether the database had no room to write."""
    cause = error.__cause__
    return (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == POSTGRESQL_DISK_FULL
    )
