"""Redirects: never followed, because the key would go along."""

from typing import Any

from .scripts import Script, failed
from .upstream import ELSEWHERE
from .wire import CLOSE, answered, head

AWAY = ELSEWHERE.decode() + "/v1/messages"


def _redirected(name: str, *attempts: Any) -> Script:
    return failed(name, *attempts, error="redirected", action="ask_admin", requests=1)


SCRIPTS: list[Script] = [
    *(
        _redirected(
            f"{status}-elsewhere", answered(b"", status, "text/html", location=AWAY)
        )
        for status in (300, 301, 302, 303, 307, 308)
    ),
    _redirected("307-to-the-same-server", answered(b"", 307, location="/elsewhere")),
    _redirected("308-without-a-place", answered(b"", 308)),
    _redirected("302-to-nonsense", answered(b"", 302, location="http://[::bad/")),
    _redirected("304-not-modified", [head(304), CLOSE]),
]
