"""The Bedrock runtime: another path, another body, and a binary stream.

The model leaves the body for the path; the API's version and betas go into the body.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import quote

from conversations.claude.call import Call
from conversations.claude.events import StreamDecoder
from conversations.claude.platform_facts import Kind

from .event_stream import EVENT_STREAM, EventStreamDecoder
from .signed import AwsProvider

OLD_VERSION = "bedrock-2023-05-31"
# Models up to 4.6 know the old version only (AWS docs); an ARN does not say which it is.
_OLD_MODEL = re.compile(r"claude-(?:v\d|instant|3|[a-z]+-4(?!-[789]))")


@dataclass(frozen=True, kw_only=True)
class BedrockLegacy(AwsProvider):
    """Model ids look like `anthropic.claude-…-v1:0`, `us.anthropic.…` or an ARN."""

    address: ClassVar[str] = "https://bedrock-runtime.{region}.amazonaws.com"
    service: ClassVar[str] = "bedrock"

    kind: Kind = "bedrock_legacy"

    def write(self, call: Call) -> Call:
        """Return the call with the model in its path. Raises NotOffered, ValueError."""
        call = super().write(call)
        body = dict(call.params) if isinstance(call.params, dict) else {}
        model = str(body.pop("model", ""))
        action = (
            "invoke-with-response-stream" if body.pop("stream", False) else "invoke"
        )
        body = {"anthropic_version": self._version_for(model), **body}
        if named := self.all_betas(call.betas):
            body["anthropic_beta"] = list(named)
        if marker := body.pop("cache_control", None):
            body["messages"] = _marked_at_end(body["messages"], marker)
        path = f"/model/{quote(model, safe=':;')}/{action}"
        return replace(call, path=path, params=body, betas=())

    def headers(self, betas: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the headers: neither the version nor betas are among them."""
        named = super().headers(betas).items()
        return {key: text for key, text in named if not key.startswith("anthropic-")}

    @property
    def stream_type(self) -> str:
        """The content type of a streamed answer."""
        return EVENT_STREAM

    def stream_decoder(self) -> StreamDecoder:
        """Return what reads AWS's binary frames."""
        return EventStreamDecoder()

    def _version_for(self, model: str) -> str:
        return OLD_VERSION if _OLD_MODEL.search(model) else self.version


def _marked_at_end(
    messages: list[dict[str, Any]], marker: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the messages with a breakpoint where automatic caching would set it.

    The platform knows no automatic caching and refuses the field (AWS docs).
    """
    last = messages[-1]
    content = last["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    content = [*content[:-1], {**content[-1], "cache_control": marker}]
    return [*messages[:-1], {**last, "content": content}]
