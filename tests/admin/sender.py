"""A client over HTTP that fills a running server with what a reviewer may find."""

import re
import time
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.serving import RunningServer

WAIT_SECONDS = 30


class Sender:
    """Logged in; sends messages and waits for their answers."""

    def __init__(self, server: RunningServer, name: str, password: str) -> None:
        self.http = httpx.Client(
            base_url=server.url,
            headers={"Origin": server.url},
            trust_env=False,
            timeout=WAIT_SECONDS,
        )
        page = self.http.get("/accounts/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert found
        answer = self.http.post(
            "/accounts/login/",
            data={
                "login": name,
                "password": password,
                "csrfmiddlewaretoken": found[1],
            },
        )
        assert answer.status_code == 302, answer.text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.http.close()

    def upload(self, name: str, content: bytes) -> str:
        """Return the id of a new attachment."""
        answer = self._post("/attachments/", files={"file": (name, content)})
        return str(answer["id"])

    def ask(self, text: str, *attachments: str) -> str:
        """Start a conversation and return its id when its answer is there."""
        command = {
            "client_id": str(uuid4()),
            "text": text,
            "attachments": list(attachments),
        }
        accepted = self._post("/conversations/", json=command)
        conversation = str(accepted["conversation"]["id"])
        self._wait(conversation)
        return conversation

    def _post(self, path: str, **content: Any) -> dict[str, Any]:
        token = self.http.cookies["csrftoken"]
        answer = self.http.post(path, headers={"X-CSRFToken": token}, **content)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def _wait(self, conversation: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            stored = self.http.get(f"/conversations/{conversation}.json").json()
            if all(turn["finished_at"] for turn in stored["turns"]):
                return
            time.sleep(0.05)
        raise AssertionError(f"No answer came: {stored['turns']}")
