"""A person who is logged in: cookie and token, and what they ask for over HTTP.

docs/protocol.md, sections 1, 2 and 6.
"""

from typing import Any, Self

import httpx

type Json = dict[str, Any]
NAME = "root"
PASSWORD = "a password for campaigns only"
TIMEOUT_SECONDS = 30


class Login:
    """One log-in, good for any number of tabs; as a context manager it closes itself.

    The server allows 60 log-ins in 15 minutes: share one. `at` gives the same log-in
    at another process of the same installation.
    """

    def __init__(self, origin: str, cookies: httpx.Cookies | None = None) -> None:
        self.origin = origin
        self.client = httpx.AsyncClient(
            base_url=origin, cookies=cookies, trust_env=False, timeout=TIMEOUT_SECONDS
        )

    @classmethod
    async def at_server(
        cls, origin: str, name: str = NAME, password: str = PASSWORD
    ) -> Self:
        """Log in by the form."""
        login = cls(origin)
        (await login.client.get("/accounts/login/")).raise_for_status()
        form = {"login": name, "password": password, "csrfmiddlewaretoken": login.token}
        answer = await login.client.post("/accounts/login/", data=form)
        assert answer.status_code == 302, f"the log-in was refused: {answer.text}"
        return login

    def at(self, origin: str) -> "Login":
        return Login(origin, self.client.cookies)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    @property
    def token(self) -> str:
        return self.client.cookies["csrftoken"]

    @property
    def cookie(self) -> str:
        """The header that opens a socket."""
        return "; ".join(f"{name}={text}" for name, text in self.client.cookies.items())

    async def post(self, path: str, body: Json) -> httpx.Response:
        """Post JSON."""
        return await self.client.post(path, json=body, headers=self._headers)

    async def upload(self, name: str, content: bytes) -> str:
        """Upload a file and return its attachment's id."""
        answer = await self.client.post(
            "/attachments/", files={"file": (name, content)}, headers=self._headers
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.token, "Origin": self.origin}

    async def stored(self, conversation_id: str) -> Json:
        """Return everything that is stored of a conversation."""
        answer = await self.client.get(f"/conversations/{conversation_id}.json")
        answer.raise_for_status()
        stored: Json = answer.json()
        return stored


def stored_text(stored: Json, turn_id: str) -> str:
    """Return the text of a turn's messages in what `Login.stored` returned."""
    messages = [row for row in stored["messages"] if row["turn"] == turn_id]
    blocks = [
        block
        for message in sorted(messages, key=lambda row: int(row["round"]))
        for block in message["content"]
    ]
    return "".join(block["text"] for block in blocks if block["type"] == "text")
