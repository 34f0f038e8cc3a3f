"""A server of tools that wants a log-in, and lets everybody in who comes properly."""

import secrets
import time

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyHttpUrl

from tests.tools.mcp.serving import make_server

type Client = OAuthClientInformationFull


class Porter:
    """The authorization server: it registers anybody and asks nobody."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.tokens: dict[str, AccessToken] = {}
        self.refreshing: dict[str, RefreshToken] = {}

    async def get_client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: Client) -> None:
        assert client_info.client_id is not None
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client: Client, params: AuthorizationParams) -> str:
        code = AuthorizationCode(
            code=secrets.token_urlsafe(),
            scopes=[],
            expires_at=time.time() + 60,
            client_id=client.client_id or "",
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self.codes[code.code] = code
        return construct_redirect_uri(
            str(params.redirect_uri), code=code.code, state=params.state
        )

    async def load_authorization_code(
        self, client: Client, authorization_code: str
    ) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: Client, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self.codes[authorization_code.code]
        return self._new_token(client)

    async def load_refresh_token(
        self, client: Client, refresh_token: str
    ) -> RefreshToken | None:
        return self.refreshing.get(refresh_token)

    async def exchange_refresh_token(
        self, client: Client, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        return self._new_token(client)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.tokens.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self.tokens.pop(token.token, None)

    def forget_tokens(self) -> None:
        """Have every log-in of before refused from now on."""
        self.tokens.clear()
        self.refreshing.clear()

    def _new_token(self, client: Client) -> OAuthToken:
        token = secrets.token_urlsafe()
        client_id = client.client_id or ""
        self.tokens[token] = AccessToken(token=token, client_id=client_id, scopes=[])
        refresh = RefreshToken(
            token=secrets.token_urlsafe(), client_id=client_id, scopes=[]
        )
        self.refreshing[refresh.token] = refresh
        return OAuthToken(access_token=token, refresh_token=refresh.token)


def oauth_server(port: int, porter: Porter) -> MCPServer:
    """Return a server of tools behind the porter."""
    url = AnyHttpUrl(f"http://127.0.0.1:{port}")
    settings = AuthSettings(
        issuer_url=url,
        resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{port}/mcp"),
        client_registration_options=ClientRegistrationOptions(enabled=True),
        validate_token_resource=False,
    )
    return make_server(auth_server_provider=porter, auth=settings)
