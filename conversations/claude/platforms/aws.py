"""Claude Platform on AWS: Anthropic's own API, paid and signed for with AWS."""

from dataclasses import dataclass
from typing import ClassVar

from conversations.claude.platform_facts import Kind

from .parts import checked_path_part
from .signed import AwsProvider


@dataclass(frozen=True, kw_only=True)
class ClaudeOnAws(AwsProvider):
    """Model ids are those of the Claude API; a workspace has to be named."""

    address: ClassVar[str] = "https://aws-external-anthropic.{region}.api.aws"
    service: ClassVar[str] = "aws-external-anthropic"

    kind: Kind = "aws"
    workspace: str

    def __post_init__(self) -> None:
        checked_path_part("workspace", self.workspace)
        super().__post_init__()

    def headers(self, betas: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the headers of a call, the workspace among them."""
        return super().headers(betas) | {"anthropic-workspace-id": self.workspace}
