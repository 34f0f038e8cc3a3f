"""Asks for a compaction behind an answer, where a conversation does so by itself.

It waits as any other one: whichever process has room begins it within a heartbeat.
"""

import asyncio
import contextvars
import logging
from typing import Any

from django.db import DatabaseError

from conversations.models import Turn
from conversations.models.reading import read

from . import compaction_rows
from .compaction_news import tell_changed
from .writer import writer

logger = logging.getLogger(__name__)

_tasks: set[asyncio.Task[None]] = set()


def consider(turn: Turn, usage: dict[str, Any]) -> None:
    """Look in a while whether the conversation of an ended turn has grown too long."""
    task = asyncio.get_running_loop().create_task(
        _ask_if_due(turn, context_tokens(usage)),
        name=f"compaction after {turn.id}",
        context=contextvars.Context(),
    )
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def settle() -> None:
    """Wait until everything was looked at."""
    await asyncio.gather(*_tasks)


def context_tokens(usage: dict[str, Any]) -> int:
    """Return what the next request begins with: all that was read, and the answer.

    Of several samplings the last one that wrote the answer has read everything.
    """
    samplings = usage.get("iterations") or [usage]
    answers = [item for item in samplings if item.get("type", "message") == "message"]
    last = (answers or samplings)[-1]
    names = (
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
    )
    return sum(last.get(name) or 0 for name in names)


async def _ask_if_due(turn: Turn, tokens: int) -> None:
    try:
        if not await read(compaction_rows.is_due, turn, tokens):
            return
        row = await writer.do(lambda: compaction_rows.create_if_due(turn, tokens))
    except DatabaseError as error:
        # The next answer asks again.
        logger.warning("It is not known whether to compact: %s", error)
        return
    tell_changed(row)
