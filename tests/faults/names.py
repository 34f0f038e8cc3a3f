"""Names: what the API says of an answer beside its content."""

from .scripts import Script, failed, sound
from .wire import Attempt, hello, sse, streamed


def _started_with(**facts: object) -> Attempt:
    begin, *rest = hello()
    begin["message"] |= facts
    return streamed(sse(begin, *rest))


SCRIPTS: list[Script] = [
    sound("no-id", _started_with(id=None)),
    sound("no-model", _started_with(model=None)),
    sound("unheard-of-model", _started_with(model="claude-next")),
    sound("content-from-the-start", _started_with(content=None)),
    sound("stop-details-of-nonsense", _started_with(stop_details=["?"])),
    sound("more-facts", _started_with(weather={"to": "rain"}, container={"id": "c"})),
    failed("id-of-a-page", _started_with(id="x" * 10_000), error="malformed_event"),
    failed("id-that-is-a-number", _started_with(id=5), error="malformed_event"),
    failed("model-that-is-a-list", _started_with(model=["?"]), error="malformed_event"),
    failed(
        "content-that-is-a-text", _started_with(content="?"), error="malformed_event"
    ),
    sound("long-request-id", streamed(sse(*hello()), request_id="r" * 5_000)),
]
