"""Google's own library asks for the tokens; a token server of ours gives them."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import google.auth.jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from conversations.claude import ConnectionFailed, NotReady, Secret
from conversations.claude.platforms.google_tokens import GoogleTokens
from conversations.simulator.platforms import VertexSimulator
from tests.claude.platforms.clients import open_client, params_for

EMAIL = "colloquy@simulated-project.iam.gserviceaccount.com"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


class TokenServer(ThreadingHTTPServer):
    """Gives a token for each assertion that the service account has signed."""

    given = 0
    seconds = 3600
    refuses = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"

    @property
    def key_file(self) -> str:
        info = {
            "type": "service_account",
            "project_id": "simulated-project",
            "private_key_id": "k1",
            "private_key": PRIVATE.decode(),
            "client_email": EMAIL,
            "token_uri": self.url,
        }
        return json.dumps(info)


class TokenHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        if server.refuses:
            self._answer(400, {"error": "invalid_grant", "error_description": "No."})
            return
        claims = google.auth.jwt.decode(  # type: ignore[no-untyped-call]
            form["assertion"][0],
            certs=PUBLIC,
            audience="https://oauth2.googleapis.com/token",
        )
        assert claims["iss"] == EMAIL
        assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        server.given += 1
        token = f"ya29.number-{server.given}"
        self._answer(200, {"access_token": token, "expires_in": server.seconds})

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer(("127.0.0.1", 0), TokenHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


async def test_a_key_file_opens_the_platform(server: TokenServer) -> None:
    simulator = VertexSimulator(tokens=frozenset({"ya29.number-1"}))
    client, _ = open_client("google", secret=server.key_file, simulator=simulator)

    await client.create(params_for("google"))
    await client.create(params_for("google"))

    assert server.given == 1


async def test_the_account_of_the_machine_is_found(
    server: TokenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "key.json").write_text(server.key_file)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))

    assert await GoogleTokens(None).token() == "ya29.number-1"


async def test_many_at_once_ask_for_one_token(server: TokenServer) -> None:
    tokens = GoogleTokens(Secret(server.key_file))

    got = await asyncio.gather(*(tokens.token() for _ in range(10)))

    assert (set(got), server.given) == ({"ya29.number-1"}, 1)


async def test_a_token_that_runs_out_is_renewed(server: TokenServer) -> None:
    server.seconds = 1
    tokens = GoogleTokens(Secret(server.key_file))

    got = [await tokens.token(), await tokens.token()]

    assert got == ["ya29.number-1", "ya29.number-2"]


async def test_a_refused_account_is_told(server: TokenServer) -> None:
    server.refuses = True

    with pytest.raises(NotReady, match=r"Google's credentials cannot be used.*No\."):
        await GoogleTokens(Secret(server.key_file)).token()


async def test_no_token_server_is_worth_another_try(server: TokenServer) -> None:
    key_file = json.loads(server.key_file) | {"token_uri": "http://127.0.0.1:1/token"}

    with pytest.raises(ConnectionFailed) as caught:
        await GoogleTokens(Secret(json.dumps(key_file))).token()

    assert caught.value.retryable


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN",
        "[]",
        "{}",
        '{"type": "external_account", "token_url": "https://elsewhere.example"}',
        '{"type": "service_account", "private_key": "-----BEGIN"}',
    ],
)
async def test_a_key_file_that_is_none_is_told_without_quoting_it(text: str) -> None:
    with pytest.raises(NotReady) as caught:
        await GoogleTokens(Secret(text)).token()

    assert "BEGIN" not in str(caught.value)
    assert "elsewhere" not in str(caught.value)
