"""Claude on Google Cloud as Anthropic serves it: the whole API behind Google's door."""

from dataclasses import dataclass

from conversations.claude.platform_facts import Kind

from .parts import checked_path_part
from .tokened import GoogleProvider


@dataclass(frozen=True, kw_only=True)
class ClaudeOnGoogle(GoogleProvider):
    """Model ids are those of the Claude API; a workspace has to be named."""

    kind: Kind = "google_anthropic"
    workspace: str

    def own_address(self) -> str:
        """Return the address of the workspace."""
        workspace = checked_path_part("workspace", self.workspace)
        return (
            f"https://claude.googleapis.com/v1/projects/{self.project}"
            f"/locations/{self.region}/workspaces/{workspace}/invoke"
        )
