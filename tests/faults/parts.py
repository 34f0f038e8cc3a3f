"""The sound answer in parts, for scripts that leave one out or put something between."""

from tests.turns.scripted import Event

from .wire import Act, Attempt, frame, hello, streamed

START, OPEN, *DELTAS, SHUT, CHANGE, STOP = [frame(event) for event in hello()]
EVENTS = [START, OPEN, *DELTAS, SHUT, CHANGE, STOP]
BEGUN = START + OPEN + DELTAS[0]
REST = b"".join([*DELTAS[1:], SHUT, CHANGE, STOP])
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def everywhere(noise: bytes) -> Attempt:
    """Return the answer with something before, between and after all its events."""
    return streamed(noise + noise.join(EVENTS) + noise)


def early(*noise: Act) -> Attempt:
    """Return the answer with something before anything of it is shown."""
    return streamed(START, *noise, OPEN, *DELTAS, SHUT, CHANGE, STOP)


def late(*noise: Act) -> Attempt:
    """Return the answer with something after its first words."""
    return streamed(BEGUN, *noise, REST)


def named(name: str, data: bytes) -> bytes:
    """Return an event of any name and data."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def opened(index: int, **block: object) -> Event:
    return {"type": "content_block_start", "index": index, "content_block": block}


def grown(index: int, kind: str, **delta: object) -> Event:
    """Return a delta of a block."""
    return {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": kind, **delta},
    }


def shut(index: int) -> Event:
    return {"type": "content_block_stop", "index": index}
