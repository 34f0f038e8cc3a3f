"""Reads from async code: a thread of their own, and no connection left behind."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import DatabaseError, connection

# ours: reads of one process that may run at the same time, each with a connection
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="reading")


async def read[**P, T](query: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that reads rows (or files) in a thread and return its result.

    PostgreSQL's connection goes back to the pool afterwards: one that a thread keeps
    for itself never recovers from a server that went away. SQLite's is a file that
    cannot go away, and opening it costs more than most queries.
    """
    call = partial(_run, partial(query, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, call)


def _run[T](query: Callable[[], T]) -> T:
    try:
        result = query()
    except DatabaseError:
        connection.close()
        raise
    if connection.vendor != "sqlite":
        connection.close()
    return result
