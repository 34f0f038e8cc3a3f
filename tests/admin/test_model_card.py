"""The catalogue: prices and defaults are edited, facts come from the API."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import KNOWN_MODELS
from conversations.models import ModelCard
from tests.admin.conftest import ADMIN, Reviewer

CARDS = f"{ADMIN}/modelcard/"
OPUS = "claude-opus-5-5"
PRICES = {
    "input": "1.5",
    "output": "7",
    "cache_read": "0.1",
    "cache_write_5m": "2",
    "cache_write_1h": "3",
}


@pytest.fixture
def administrator(client: Client, root: User) -> Client:
    """Root, with the shipped cards in place."""
    catalog.load_cards()
    client.force_login(root)
    return client


def card(model_id: str = OPUS) -> ModelCard:
    return ModelCard.objects.get(model_id=model_id)


def form(**changes: Any) -> dict[str, Any]:
    return {
        "position": 7,
        "hidden_at_0": "",
        "hidden_at_1": "",
        "default_effort": "low",
        "thinking_default": "on",
        "cache_minimum_tokens": 512,
        "prices": json.dumps(PRICES),
    } | changes


def errors(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def test_prices_and_defaults_are_the_administrators(administrator: Client) -> None:
    facts = card().capabilities

    answer = administrator.post(f"{CARDS}{OPUS}/change/", form(display_name="Mine"))

    assert answer.status_code == 302
    changed = card()
    today = timezone.localdate().isoformat()
    unset = {"long_prompt": None, "fast_multiplier": None}
    assert changed.prices == PRICES | unset | {"as_of": today}
    assert (changed.position, changed.default_effort) == (7, "low")
    assert (changed.display_name, changed.capabilities) == ("Claude Opus 5.5", facts)


def test_new_amounts_get_a_new_date(administrator: Client) -> None:
    old = PRICES | {"long_prompt": None, "fast_multiplier": None, "as_of": "2026-01-01"}
    ModelCard.objects.filter(model_id=OPUS).update(prices=old)

    administrator.post(f"{CARDS}{OPUS}/change/", form(prices=json.dumps(old)))
    unchanged = card().prices["as_of"]
    dearer = json.dumps(old | {"input": "9"})
    administrator.post(f"{CARDS}{OPUS}/change/", form(prices=dearer))

    assert unchanged == "2026-01-01"
    assert card().prices["as_of"] == timezone.localdate().isoformat()


def test_a_save_does_not_undo_a_refresh(administrator: Client) -> None:
    page = administrator.get(f"{CARDS}{OPUS}/change/")
    ModelCard.objects.filter(model_id=OPUS).update(max_tokens=77)

    administrator.post(f"{CARDS}{OPUS}/change/", form())

    assert page.status_code == 200
    assert (card().max_tokens, card().position) == (77, 7)


def test_an_effort_that_the_model_lacks_is_refused(administrator: Client) -> None:
    capabilities = {"effort": {"supported": True, "low": {"supported": True}}}
    ModelCard.objects.filter(model_id=OPUS).update(capabilities=capabilities)

    answer = administrator.post(f"{CARDS}{OPUS}/change/", form(default_effort="max"))

    assert errors(answer) == {
        "default_effort": ["Claude Opus 5.5 has no effort 'max'. It offers: low."]
    }


def test_wrong_prices_are_refused_and_stay_in_the_form(administrator: Client) -> None:
    before = card().prices
    typed = '{"input": "<b>2</b>"}'

    answer: Any = administrator.post(f"{CARDS}{OPUS}/change/", form(prices=typed))

    assert "output is missing." in errors(answer)["prices"]
    assert (
        "{&quot;input&quot;: &quot;&lt;b&gt;2&lt;/b&gt;&quot;}"
        in answer.text.replace("\n  ", "").replace("\n", "")
    )
    assert card().prices == before


def test_a_hidden_model_is_not_offered(administrator: Client) -> None:
    other = next(facts.id for facts in KNOWN_MODELS if facts.id != OPUS)
    hidden = {"hidden_at_0": "2026-11-22", "hidden_at_1": "12:00:00"}

    administrator.post(f"{CARDS}{other}/change/", form(default_effort="", **hidden))

    assert card(other).hidden_at is not None
    assert catalog.offered_card(other) is None


def test_a_model_is_added_by_its_id(administrator: Client) -> None:
    model_id = "anthropic.claude-next-v1:0"

    answer = administrator.post(f"{CARDS}add/", {"model_id": model_id}, follow=True)

    safe = catalog.card_for("nobody-knows")
    added = card(model_id)
    assert answer.status_code == 200
    assert "was added. Its prices and defaults can be set here." in answer.text
    assert (added.display_name, added.prices) == (model_id, None)
    assert added.capabilities == safe.capabilities
    assert catalog.offered_card(model_id) is not None


@pytest.mark.parametrize("model_id", ["", "a b", "<script>", "claude\n", OPUS])
def test_what_is_no_new_id_is_refused(administrator: Client, model_id: str) -> None:
    if model_id == "claude\n":
        model_id = "cla\nude"

    answer = administrator.post(f"{CARDS}add/", {"model_id": model_id})

    assert list(errors(answer)) == ["model_id"]
    assert ModelCard.objects.count() == len(KNOWN_MODELS)


def test_only_what_was_added_by_hand_can_go(administrator: Client) -> None:
    ModelCard.objects.create(model_id="typo", display_name="Typo")

    answers = [
        administrator.post(f"{CARDS}{model_id}/delete/", {"post": "yes"})
        for model_id in ("typo", OPUS)
    ]

    assert [answer.status_code for answer in answers] == [302, 403]
    assert ModelCard.objects.count() == len(KNOWN_MODELS)


def test_viewers_do_not_change_anything(reviewer: Reviewer) -> None:
    catalog.load_cards()
    rita = reviewer("view_modelcard")

    answers = [
        rita.get(CARDS),
        rita.post(f"{CARDS}{OPUS}/change/", form()),
        rita.post(f"{CARDS}refresh/"),
        rita.get(f"{CARDS}add/"),
    ]

    assert [answer.status_code for answer in answers] == [200, 403, 403, 403]
    assert "Refresh from the API" not in answers[0].text
    assert card().position != 7


@dataclass
class Api:
    """A Models API on a port, which knows how many connections are open."""

    url: str = ""
    status: int = 200
    answer: dict[str, Any] = field(default_factory=dict)
    opened: int = 0
    closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@pytest.fixture
def api(settings: Settings) -> Iterator[Api]:
    """Let the product ask an API of ours."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            api.opened += 1
            super().setup()

        def finish(self) -> None:
            super().finish()
            api.closed.release()

        def do_GET(self) -> None:
            content = json.dumps(api.answer).encode()
            self.send_response(api.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        settings.ANTHROPIC_BASE_URL = api.url
        settings.ANTHROPIC_API_KEY = "sk-ant-secret"
        yield api
        server.shutdown()


@pytest.fixture
def refreshing(transactional_db: None, administrator: Client) -> Client:
    """Root; the refresh writes through connections of its own."""
    return administrator


def refresh(client: Client) -> list[str]:
    answer: Any = client.post(f"{CARDS}refresh/", follow=True)
    assert answer.status_code == 200
    return [str(message) for message in answer.context["messages"]]


def test_facts_come_from_the_api(refreshing: Client, api: Api) -> None:
    prices = card().prices
    model = {"id": OPUS, "display_name": "<b>Opus</b>", "max_tokens": 99}
    api.answer = {"data": [model], "has_more": False, "last_id": OPUS}

    said = refresh(refreshing)

    assert said == ["1 model came from the API."]
    assert (card().display_name, card().max_tokens) == ("<b>Opus</b>", 99)
    assert card().prices == prices


def test_no_connection_stays_open(refreshing: Client, api: Api) -> None:
    api.answer = {"data": [], "has_more": False, "last_id": None}

    refresh(refreshing)

    # The server sees the end of each connection, or this waits in vain.
    assert api.opened > 0
    assert all(api.closed.acquire(timeout=20) for _ in range(api.opened))


def test_an_error_is_told_and_the_last_good_copy_stays(
    refreshing: Client, api: Api
) -> None:
    before = list(ModelCard.objects.values())
    error = {"type": "authentication_error", "message": "invalid x-api-key"}
    api.status, api.answer = 401, {"type": "error", "error": error}

    said = refresh(refreshing)

    assert len(said) == 1
    assert said[0].startswith("The list was not refreshed; the cards stay as they are.")
    assert "invalid x-api-key" in said[0]
    assert "sk-ant-secret" not in said[0]
    assert list(ModelCard.objects.values()) == before


def test_a_refresh_is_asked_for_by_post(administrator: Client) -> None:
    assert administrator.get(f"{CARDS}refresh/").status_code == 405
