"""Empty entries: the page prints its partials from them for its script to clone."""

from typing import Any

from conversations.models import Kind, State
from conversations.transcripts.notices import Notice

BLANKS: dict[str, Any] = {
    "question": {"message": {}, "attachments": ()},
    "answer": {"turn": {"state": State.RUNNING, "is_live": True}, "messages": ()},
    "notice": Notice("", ""),
    "server_tool": {"state": "running"},
    "retrying": Notice("retrying", "Claude is busy", actions=("cancel",)),
    "image": {"kind": Kind.IMAGE},
    "pdf": {"kind": Kind.PDF},
    "text": {"kind": Kind.TEXT},
}
