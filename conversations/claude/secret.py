"""API keys that do not show themselves."""

import hmac
import re

_KEY = re.compile(r"sk-ant-[\w-]+")
_MASK = "[key]"
_SHORTEST_KEY = 10  # ours: a shorter "key" is a word, as in a test installation


class Secret:
    """A string that only `reveal()` gives away: not repr, str, format or a log line."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the string itself; for the request header and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)


def mask_keys(text: str, secret: Secret | None = None) -> str:
    """Return the text without Anthropic keys and without `secret`.

    Upstreams quote the key they refuse; gateways use keys of any shape.
    """
    if secret and len(secret.reveal()) >= _SHORTEST_KEY:
        text = text.replace(secret.reveal(), _MASK)
    return _KEY.sub(_MASK, text)
