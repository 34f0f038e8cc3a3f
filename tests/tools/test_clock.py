"""The clock tells the time where it is asked for."""

import uuid
from datetime import UTC, datetime

import pytest

from conversations.tools.base import ToolContext, ToolError
from conversations.tools.clock import Clock

CONTEXT = ToolContext(owner_id=1, conversation_id=uuid.uuid4(), turn_id=uuid.uuid4())


async def told(**tool_input: str) -> datetime:
    result = await Clock().run(CONTEXT, tool_input)
    assert isinstance(result.content, str)
    return datetime.fromisoformat(result.content.splitlines()[-1])


async def test_without_a_zone_it_is_utc() -> None:
    moment = await told()

    assert moment.utcoffset() == UTC.utcoffset(None)
    assert abs((moment - datetime.now(UTC)).total_seconds()) < 5


async def test_zone_is_the_one_asked_for() -> None:
    moment = await told(timezone="Asia/Kolkata")

    assert moment.isoformat().endswith("+05:30")


@pytest.mark.parametrize("name", ["Mars/Base", "../../etc/passwd", "/etc/passwd", "\0"])
async def test_unknown_zone_is_said(name: str) -> None:
    with pytest.raises(ToolError, match="There is no time zone"):
        await told(timezone=name)
