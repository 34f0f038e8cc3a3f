"""The tools of other servers, as the registry offers them."""

from collections.abc import Sequence
from typing import Any

from conversations.claude import ClaudeError
from conversations.models import McpServer, Permission
from conversations.tools.base import (
    Definition,
    Input,
    Offer,
    Tool,
    ToolContext,
    ToolError,
    ToolResult,
)

from .access import CALL_SECONDS, McpError, wire
from .listing import Listed
from .results import read_result
from .servers import access_for, offered


class McpTool(Tool):
    """One tool of a server. It may do anything there, so a person is asked first."""

    permission = Permission.ASK
    checks_input = False
    # The visit has its own limit, which tells more.
    timeout_seconds = CALL_SECONDS + 5

    def __init__(self, server: McpServer, listed: Listed) -> None:
        self._server = server
        self._listed = listed
        self.name = listed.known_as
        self.title = f"{server.title}: {listed.title}"
        self.summary = self.description = listed.description
        self.input_schema = listed.input_schema

    @property
    def permission_key(self) -> str:
        # A tool that its server has changed is another one: the person is asked anew.
        return f"{self.name}#{self._listed.digest[:16]}"

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        listed = self._listed
        try:
            access = await access_for(self._server, context.owner_id)
            result = await wire().call_tool(
                access, listed.name, tool_input, listed.digest
            )
        except (McpError, ClaudeError) as error:
            raise ToolError(str(error)) from None
        return read_result(result)


class McpTools:
    """The source: each server is one switch."""

    def offers(self, owner_id: Any) -> Sequence[Offer]:
        servers = McpServer.objects.usable_by(owner_id)
        return [_offer(server) for server in servers if offered(server)]

    def find(self, owner_id: Any, name: str) -> Tool | None:
        for server in McpServer.objects.usable_by(owner_id):
            for listed in offered(server):
                if listed.known_as == name:
                    return McpTool(server, listed)
        return None


def _offer(server: McpServer) -> Offer:
    listed = offered(server)
    definitions: list[Definition] = [item.definition() for item in listed]
    names = ", ".join(item.title for item in listed[:5])
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    title, summary = server.title, f"{names}{more}"
    return Offer(f"mcp:{server.name}", title, summary, lambda card: definitions)
