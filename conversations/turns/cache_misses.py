"""Finds out, when an answer is there, why the cache had less than was expected."""

import logging

from conversations.models import Turn
from conversations.models.reading import read
from conversations.prompts.build import Prompt
from conversations.prompts.cache_diagnosis import find_reason, missed_tokens

from .live import LiveRound

logger = logging.getLogger(__name__)


async def explain_miss(turn: Turn, prompt: Prompt, round_: LiveRound | None) -> None:
    """Keep with a turn's first round why it read anew what was cached, if it did.

    The rounds behind it only add to what the first one has had kept.
    """
    if round_ is None or round_.number > 1:
        return
    missed = missed_tokens(prompt.cache_use, round_.snapshot.usage)
    if not missed:
        return
    try:
        reason = await read(find_reason, turn, prompt, round_.snapshot.message)
    except Exception:
        # An answer never fails for what is nice to know.
        logger.exception("A missed cache of turn %s is not explained.", turn.id)
        return
    round_.cache_miss = reason | {"tokens": reason.get("tokens") or missed}
