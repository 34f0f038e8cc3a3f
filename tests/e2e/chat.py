"""What a person does and sees on Colloquy's page: `Chat`."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.e2e.watching import Watch

NAME = "root"
PASSWORD = "correct horse battery staple"
CONVERSATION = re.compile(r"/conversations/([0-9a-f-]{36})/")
ENDED = re.compile("completed|cancelled|failed|interrupted")

type Json = dict[str, Any]
type Form = dict[str, str | float | bool]


def log_in(page: Page) -> None:
    """Fill in the log-in form, which any page leads to."""
    page.goto("/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/$"))


def words(count: int, start: int = 1) -> str:
    """Return numbered words, in which a lost or doubled one shows."""
    return " ".join(f"word{number}" for number in range(start, start + count))


def paced(text: str, seconds: float = 0.03) -> str:
    """Return a prompt that is answered with `text`, a few words at a time."""
    return (
        f"[simulate: silent] [simulate: slow seconds={seconds}] [simulate: echo] {text}"
    )


class Chat:
    """One tab."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch
        self.box = page.locator("#composer-text")
        self.questions = page.locator("#log article.message--user")
        self.answers = page.locator("#log article.message--assistant")
        self.stop = page.get_by_role("button", name="Stop", exact=True)
        self.uploads = page.locator("#composer-attachments .upload")
        self.log = page.locator("#log")

    @property
    def answer(self) -> Locator:
        """The newest answer."""
        return self.answers.last

    @property
    def prose(self) -> Locator:
        """The text of the newest answer."""
        return self.answer.locator(".prose")

    @property
    def notice(self) -> Locator:
        return self.answer.locator(".notice")

    def open(self, path: str = "/") -> "Chat":
        self.page.goto(path)
        return self.connected()

    def connected(self) -> "Chat":
        expect(self.page.locator("html")).to_have_attribute("data-connection", "open")
        return self

    def ready(self) -> "Chat":
        """Wait until nothing more has to be loaded to send a message."""
        composer = self.page.locator("#composer")
        expect(composer).to_have_js_property("isReady", value=True)
        return self

    def tab(self, path: str | None = None) -> "Chat":
        """Open another tab of the same profile, on the same page."""
        page = self.page.context.new_page()
        return Chat(page, self.watch).open(path or self.page.url)

    def reload(self) -> "Chat":
        self.page.reload()
        return self.connected()

    def send(self, text: str) -> None:
        """Type a message and press Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def ask(self, text: str) -> Locator:
        """Send a message and return the finished answer."""
        count = self.answers.count()
        self.send(text)
        expect(self.answers).to_have_count(count + 1)
        return self.finished()

    def finished(self) -> Locator:
        """Return the newest answer when the server's rendering of it stands there."""
        expect(self.answer).to_have_attribute("data-stop-reason", re.compile(".+"))
        return self.answer

    def ended(self, state: str) -> Locator:
        """Return the newest answer when it ended so, with its own buttons."""
        expect(self.answer).to_have_attribute("data-state", state)
        expect(self.answer).to_have_attribute("aria-labelledby", re.compile("turn-.+"))
        expect(self.answer.get_by_role("toolbar")).to_be_visible()
        return self.answer

    def ended_live(self, state: str) -> None:
        """Wait until the newest answer ended, in the page's own rendering."""
        expect(self.answer).to_have_attribute("data-state", state)

    def streaming(self, text: str | re.Pattern[str]) -> None:
        """Wait until the running answer shows `text`."""
        expect(self.answer).to_have_attribute("data-state", "running")
        expect(self.prose).to_contain_text(text)

    def hold(self, address: str) -> list[Route]:
        """Hold back the next request for `address` until `let_go`."""
        held: list[Route] = []

        def keep(route: Route) -> None:
            held.append(route)

        self.page.route(address, keep, times=1)
        return held

    def let_go(self, held: list[Route]) -> None:
        """Wait for the request that is held, and let it go on."""
        for _attempt in range(400):
            if held:
                held[0].continue_()
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("the page did not ask")

    def attach(self, *files: Path | FilePayload) -> None:
        """Choose files and wait until they are uploaded."""
        count = self.uploads.count()
        self.page.locator("#composer-files").set_input_files(list(files))  # type: ignore[arg-type]
        done = self.page.locator(".upload[data-state=done]")
        expect(done).to_have_count(count + len(files))

    @property
    def id(self) -> str:
        """The conversation's id, when the page has one."""
        expect(self.page).to_have_url(CONVERSATION)
        found = CONVERSATION.search(self.page.url)
        assert found
        return found[1]

    def stored(self) -> Json:
        """Return everything that is stored of the conversation."""
        response = self.page.request.get(f"/conversations/{self.id}.json")
        assert response.ok
        stored: Json = response.json()
        return stored

    def stored_texts(self, role: str = "assistant") -> list[str]:
        """Return the texts of the stored messages, oldest first."""
        return [
            "".join(b["text"] for b in message["content"] if b["type"] == "text")
            for message in self.stored()["messages"]
            if message["role"] == role
        ]

    def source(self) -> str:
        """Return the Markdown that "Copy" of the newest answer gives."""
        text: str = self.answer.locator("template[data-source]").evaluate(
            "(element) => element.content.textContent"
        )
        return text

    def seed(self, *texts: str) -> str:
        """Make a conversation of these messages with their answers; return its path."""
        request, headers = self.page.request, {"X-CSRFToken": self._csrf()}
        body = {"client_id": str(uuid4()), "text": texts[0]}
        response = request.post(
            "/conversations/",
            data=json.dumps(body),
            headers=headers | {"Content-Type": "application/json"},
        )
        assert response.status == 201, response.text()
        path = f"/conversations/{response.json()['conversation']['id']}/"
        self._settle(path)
        for text in texts[1:]:
            fields: Form = {"client_id": str(uuid4()), "text": text, "parent": ""}
            posted = request.post(f"{path}messages/", form=fields, headers=headers)
            assert posted.ok, posted.text()
            self._settle(path)
        return path

    def _settle(self, path: str) -> None:
        for _attempt in range(400):
            turns = self.page.request.get(f"{path[:-1]}.json").json()["turns"]
            if all(ENDED.fullmatch(turn["state"]) for turn in turns):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("the turn did not end")

    def _csrf(self) -> str:
        cookies = self.page.context.cookies()
        return next(c["value"] for c in cookies if c["name"] == "csrftoken")
