"""Claude in Amazon Bedrock ("mantle"): the Messages API behind AWS's own door."""

from dataclasses import dataclass
from typing import ClassVar

from conversations.claude.platform_facts import Kind

from .signed import AwsProvider


@dataclass(frozen=True, kw_only=True)
class Bedrock(AwsProvider):
    """Model ids look like `anthropic.claude-opus-5-5`."""

    address: ClassVar[str] = "https://bedrock-mantle.{region}.api.aws/anthropic"
    service: ClassVar[str] = "bedrock-mantle"

    kind: Kind = "bedrock"
