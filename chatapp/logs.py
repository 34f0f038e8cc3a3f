"""Log lines: one event, one line, no secrets, no control characters."""

import logging
import re

MASK = "[hidden]"

SECRETS = re.compile(
    r"""
    (?P<key> sk-ant-[\w-]{4,} )
    | (?P<name> \b(?:(?:proxy-)?authorization|x-api-key|(?:set-)?cookie|x-csrftoken
        |csrfmiddlewaretoken|(?:__Host-)?(?:sessionid|csrftoken)|password)
        ['"]? \s* [:=,] \s* (?:b?['"])? )
      (?P<value> (?:(?:bearer|basic) \s+)? [^\s'",;&)\]}]+ (?: ;\s*[\w-]+=[^\s'",;&)\]}]+ )* )
    | (?P<setup> /setup/ ) [\w-]{8,}
    """,
    re.VERBOSE | re.IGNORECASE,
)

# C0, DEL, C1, the line and paragraph separators, and the marks that reorder text.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def mask_secrets(text: str) -> str:
    """Replace upstream keys, credentials, cookies and set-up links in `text`."""
    return SECRETS.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    return f"{match['name'] or match['setup'] or ''}{MASK}"


def escape_controls(text: str) -> str:
    """Write control characters as escapes: a line break in a name must not fake a line."""
    return CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text)


class OneLineFormatter(logging.Formatter):
    """Formats a record, its traceback included, as one line.

    Masking happens here and not in a filter on loggers, because only the
    finished line holds everything: message, arguments and traceback.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return escape_controls(mask_secrets(super().format(record)))


class ReadableFormatter(OneLineFormatter):
    """Keeps the lines of a traceback apart, for the terminal of a developer (DEBUG=1)."""

    def format(self, record: logging.LogRecord) -> str:
        lines = mask_secrets(logging.Formatter.format(self, record)).split("\n")
        return "\n".join(escape_controls(line) for line in lines)
