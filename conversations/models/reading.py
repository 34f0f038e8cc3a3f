"""Reads from async code: a thread of their own, and no connection left behind."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import connection

# ours: reads of one process that may run at the same time, each with a connection
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="reading")


async def read[**P, T](query: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that reads rows (or files) in a thread and return its result.

    The thread's connection is closed afterwards: one that is kept open by a task
    that lives for minutes would never recover from a database that went away.
    """
    call = partial(_run, partial(query, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, call)


def _run[T](query: Callable[[], T]) -> T:
    try:
        return query()
    finally:
        connection.close()
