"""Tokens for Google Cloud, by google-auth and refreshed off the event loop."""

import asyncio
import json
from types import MappingProxyType
from typing import Any

import httpx

from conversations.claude.errors import ConnectionFailed, NotReady
from conversations.claude.secret import Secret

from .extras import load

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
TOKEN_SECONDS = 20.0  # ours: for one request to Google's token server


class GoogleTokens:
    """The token of one account: of a key file's text, or of the machine's own account.

    The second is what Google calls application default credentials: the file in
    GOOGLE_APPLICATION_CREDENTIALS, gcloud's login, or the metadata server.
    """

    def __init__(self, key_file: Secret | None) -> None:
        self._key_file = key_file
        self._credentials: Any = None
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """Return a token that is still good. Raises NotReady, ConnectionFailed."""
        async with self._lock:
            if self._credentials is None or not self._credentials.valid:
                await asyncio.to_thread(self._refresh)
            token: str = self._credentials.token
            return token

    def _refresh(self) -> None:
        exceptions = load("google.auth.exceptions", "google")
        try:
            if self._credentials is None:
                self._credentials = self._load()
            with httpx.Client(trust_env=False, timeout=TOKEN_SECONDS) as http:
                self._credentials.refresh(_TokenRequest(http))
        except exceptions.TransportError as error:
            raise ConnectionFailed(f"Google gave no token: {error}") from None
        except (exceptions.GoogleAuthError, ValueError) as error:
            raise NotReady(f"Google's credentials cannot be used: {error}") from None

    def _load(self) -> Any:
        if self._key_file is None:
            auth = load("google.auth", "google")
            credentials, _project = auth.default(scopes=SCOPES)
            return credentials
        try:
            info = json.loads(self._key_file.reveal())
        except ValueError:
            raise NotReady("The Google key file is no JSON.") from None
        kind = info.get("type") if isinstance(info, dict) else None
        # Only these two: a file of another kind may name any address to be asked.
        if kind == "service_account":
            module = load("google.oauth2.service_account", "google")
            return module.Credentials.from_service_account_info(info, scopes=SCOPES)
        if kind == "authorized_user":
            module = load("google.oauth2.credentials", "google")
            return module.Credentials.from_authorized_user_info(info, scopes=SCOPES)
        raise NotReady(
            "The Google key file holds neither a service account nor a user."
        )


class _TokenRequest:
    """Google's idea of a transport, over httpx."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
        **_options: Any,
    ) -> "_TokenResponse":
        exceptions = load("google.auth.exceptions", "google")
        try:
            response = self._http.request(
                method,
                url,
                content=body,
                headers=headers,
                timeout=min(timeout or TOKEN_SECONDS, TOKEN_SECONDS),
            )
        except httpx.HTTPError as error:
            raise exceptions.TransportError(type(error).__name__) from None
        return _TokenResponse(response)


class _TokenResponse:
    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = MappingProxyType(dict(response.headers))
        self.data = response.content
