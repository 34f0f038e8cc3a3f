"""One event is one line, and a line holds no secret."""

import logging
import sys

import pytest

from chatapp.logs import OneLineFormatter, ReadableFormatter, mask_secrets


def formatted(message: str, *args: object, formatter: logging.Formatter) -> str:
    record = logging.LogRecord("chat", logging.INFO, "", 0, message, args, None)
    return formatter.format(record).partition("chat: ")[2]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-ant-api03-AbC_d-9 used", "key [hidden] used"),
        ("Authorization: Bearer abc.def", "Authorization: [hidden]"),
        ("{'authorization': 'Bearer abc'}", "{'authorization': '[hidden]'}"),
        ("{b'x-api-key': b'abc'}", "{b'x-api-key': b'[hidden]'}"),
        ("(b'cookie', b'sessionid=abc; theme=dark')", "(b'cookie', b'[hidden]')"),
        ("Cookie: sessionid=abc; csrftoken=def", "Cookie: [hidden]"),
        ("sessionid=abc", "sessionid=[hidden]"),
        ("__Host-sessionid=abc", "__Host-sessionid=[hidden]"),
        ("csrfmiddlewaretoken=abc&text=hi", "csrfmiddlewaretoken=[hidden]&text=hi"),
        ("Not Found: /setup/Zk3x-Yq_81abc/", "Not Found: /setup/[hidden]/"),
        ("the cookie jar is empty", "the cookie jar is empty"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


def test_secrets_in_arguments_and_tracebacks_are_masked_too() -> None:
    try:
        int("sk-ant-api03-in-the-error")
    except ValueError:
        record = logging.LogRecord(
            "chat", logging.ERROR, "", 0, "%s", ("sk-ant-api03-arg",), sys.exc_info()
        )

    line = OneLineFormatter().format(record)

    assert "sk-ant" not in line
    assert line.count("[hidden]") >= 2


def test_a_line_break_in_a_name_cannot_fake_a_line() -> None:
    line = formatted(
        "file %s", "a\r\n2026 INFO b\x1b[2J\u202e", formatter=OneLineFormatter()
    )

    assert line == r"file a\r\n2026 INFO b\x1b[2J\u202e"


def test_a_developer_sees_tracebacks_on_lines_of_their_own() -> None:
    assert formatted("a\nb\x1b", formatter=ReadableFormatter()) == "a\nb\\x1b"
