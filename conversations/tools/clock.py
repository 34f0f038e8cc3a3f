"""The current date and time, in any time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .base import Input, Tool, ToolContext, ToolError, ToolResult


class Clock(Tool):
    """Claude knows no time: it learned long ago and never sees a clock."""

    name = "current_time"
    title = "Date and time"
    summary = "Claude may look at the clock."
    description = (
        "Returns the current date, weekday and time. Use it whenever an answer depends"
        " on today's date or the time now. Without a time zone it answers in UTC; if"
        " you know where the person is, give that zone."
    )
    input_schema: Input = {
        "type": "object",
        "properties": {
            "timezone": {
                "type": "string",
                "description": "An IANA time zone such as Europe/Vienna.",
                "maxLength": 80,
            }
        },
    }

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        name = tool_input.get("timezone") or "UTC"
        now = datetime.now(UTC).astimezone(zone_of(name))
        spoken = f"{now:%A, %-d %B %Y, %H:%M:%S} {now:%Z} ({name})"
        return ToolResult(
            f"{spoken}\n{now.isoformat(timespec='seconds')}", title=spoken
        )


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises ToolError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolError(
            f"There is no time zone {name[:80]!r}. Give an IANA name such as"
            " America/New_York."
        ) from None
