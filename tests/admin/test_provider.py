"""Providers: set up in words that help, tested, refreshed, never with their key stored."""

from typing import Any

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.claude import ClaudeClient
from conversations.models import ModelCard, Provider
from conversations.simulator import Simulator, SimulatorTransport
from conversations.upstream import checking, clients, open_provider
from tests.admin.conftest import ADMIN, Reviewer

PROVIDERS = f"{ADMIN}/provider/"


@pytest.fixture
def administrator(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Every provider is answered by this simulator; its key is in the environment."""
    monkeypatch.setenv("PROVIDER_WORK_KEY", "key-of-the-team")
    simulator = Simulator(pace=0)

    def make(provider: Provider, max_retries: int = 0) -> ClaudeClient:
        return ClaudeClient(
            open_provider(provider),
            transport=SimulatorTransport(simulator),
            max_retries=0,
        )

    monkeypatch.setattr(clients, "make_client", make)
    monkeypatch.setattr(checking, "make_client", make)
    return simulator


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Work",
        "slug": "work",
        "kind": "anthropic",
        "secret_place": "env",
        "secret_name": "PROVIDER_WORK_KEY",
        "is_enabled": "on",
        "position": "100",
    } | changes


def added(administrator: Client, **changes: Any) -> Provider:
    answer = administrator.post(f"{PROVIDERS}add/", form(**changes))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return Provider.objects.get(slug=changes.get("slug", "work"))


def errors(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.mark.parametrize(
    ("changes", "field", "complaint"),
    [
        (
            {"kind": "bedrock", "secret_place": "", "secret_name": ""},
            "region",
            "needs its region",
        ),
        ({"kind": "google", "region": "eu"}, "project", "needs its project"),
        ({"kind": "aws", "region": "us-east-1"}, "workspace", "needs its workspace"),
        ({"kind": "foundry"}, "resource", "needs its resource"),
        ({"region": "eu-west-1"}, "region", "has no region: leave it empty"),
        ({"kind": "compatible"}, "base_url", "needs its base URL"),
        ({"base_url": "http://169.254.169.254/"}, "base_url", "link-local"),
        ({"base_url": "ftp://x"}, "__all__", "must begin with http"),
        ({"secret_place": "", "secret_name": ""}, "secret_place", "needs a key"),
        ({"secret_place": ""}, "secret_place", "Say where"),
        ({"secret_name": "SECRET_KEY"}, "secret_name", "begins with PROVIDER_"),
        ({"secret_name": "DATABASE_URL"}, "secret_name", "begins with PROVIDER_"),
        (
            {"secret_place": "file", "secret_name": "../etc/passwd"},
            "secret_name",
            "without a path",
        ),
        (
            {"secret_place": "file", "secret_name": "/etc/passwd"},
            "secret_name",
            "without a path",
        ),
        ({"slug": "Work!"}, "slug", "small letters"),
        (
            {"kind": "bedrock", "region": "eu.x.example"},
            "__all__",
            "holds something else",
        ),
        (
            {"kind": "bedrock", "region": "eu-west-1", "betas": "a-1"},
            "__all__",
            "no beta",
        ),
    ],
)
def test_what_cannot_work_is_said_before_anybody_is_asked(
    changes: dict[str, str], field: str, complaint: str, administrator: Client
) -> None:
    answer = administrator.post(f"{PROVIDERS}add/", form(**changes))

    assert complaint in " ".join(errors(answer)[field])
    assert not Provider.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {
            "kind": "bedrock",
            "region": "eu-central-1",
            "secret_place": "",
            "secret_name": "",
        },
        {
            "kind": "google",
            "region": "global",
            "project": "p-1",
            "secret_place": "",
            "secret_name": "",
        },
        {"kind": "aws", "region": "us-east-1", "workspace": "wrkspc_1"},
        {"kind": "foundry", "resource": "our-team"},
        {
            "kind": "compatible",
            "base_url": "http://localhost:11434",
            "secret_place": "",
            "secret_name": "",
        },
    ],
)
def test_each_platform_can_be_set_up(
    changes: dict[str, str], administrator: Client
) -> None:
    provider = added(administrator, **changes)

    assert provider.kind == changes["kind"]
    page = administrator.get(f"{PROVIDERS}{provider.pk}/change/")
    assert provider.facts.name in page.content.decode()


def test_a_good_connection_is_told_and_kept(
    administrator: Client, answering: Simulator
) -> None:
    provider = added(administrator)

    answer = administrator.post(f"{PROVIDERS}{provider.pk}/test/", follow=True)

    assert "Work: It answers and lists" in told(answer)
    changed = provider.changed_at
    provider.refresh_from_db()
    assert (provider.is_reachable, provider.changed_at) == (True, changed)
    sent = answering.requests[0]
    assert sent.headers["authorization"] == "Bearer key-of-the-team"
    assert "key-of-the-team" not in answer.content.decode()


def test_a_missing_variable_is_told(administrator: Client) -> None:
    provider = added(administrator)

    answer = administrator.post(f"{PROVIDERS}{provider.pk}/test/", follow=True)

    assert "The environment variable PROVIDER_WORK_KEY is not set." in told(answer)
    provider.refresh_from_db()
    assert provider.is_reachable is False


def test_a_refused_key_is_told(
    administrator: Client, answering: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER_WORK_KEY", "sk-ant-invalid")
    provider = added(administrator)

    answer = administrator.post(f"{PROVIDERS}{provider.pk}/test/", follow=True)

    assert "The key was refused: invalid x-api-key" in told(answer)


def test_an_address_where_nobody_listens_is_told(administrator: Client) -> None:
    provider = added(
        administrator,
        kind="compatible",
        base_url="http://127.0.0.1:1",
        secret_place="",
        secret_name="",
    )

    answer = administrator.post(f"{PROVIDERS}{provider.pk}/test/", follow=True)

    assert "127.0.0.1:1 cannot be reached. Is the address right?" in told(answer)


def test_a_platform_without_a_list_is_asked_for_a_word(
    administrator: Client, answering: Simulator
) -> None:
    provider = added(
        administrator,
        kind="foundry",
        resource="our-team",
        base_url="https://gateway.example",
    )
    address = f"{PROVIDERS}{provider.pk}/test/"

    first = administrator.post(address, follow=True)
    card = {"provider": provider.pk, "model_id": "claude-opus-5-5", "display_name": ""}
    administrator.post(f"{ADMIN}/modelcard/add/", card)
    second = administrator.post(address, follow=True)

    assert "add one under Model cards" in told(first)
    assert "claude-opus-5-5 has said a word" in told(second)


def test_its_models_come_with_its_slug(
    transactional_db: None, administrator: Client, answering: Simulator
) -> None:
    provider = added(administrator)

    answer = administrator.post(f"{PROVIDERS}{provider.pk}/refresh/", follow=True)

    assert "models came from Work" in told(answer)
    card = ModelCard.objects.get(model_id="work/claude-opus-5-5")
    assert (card.provider, card.wire_model) == (provider, "claude-opus-5-5")
    assert card.prices is not None
    assert not ModelCard.objects.filter(model_id="claude-opus-5-5").exists()


@pytest.mark.parametrize("button", ["test", "refresh"])
def test_the_buttons_ask_for_the_right_and_for_post(
    button: str, administrator: Client, reviewer: Reviewer, answering: Simulator
) -> None:
    provider = added(administrator)
    address = f"{PROVIDERS}{provider.pk}/{button}/"

    assert administrator.get(address).status_code == 405
    assert reviewer("view_provider").post(address).status_code == 403
    assert administrator.post(f"{PROVIDERS}77/{button}/").status_code == 404
    assert answering.requests == []


def test_slug_and_platform_stay(administrator: Client) -> None:
    provider = added(administrator)

    changes = form(name="Team", slug="other", kind="foundry")
    answer = administrator.post(f"{PROVIDERS}{provider.pk}/change/", changes)

    assert answer.status_code == 302
    provider.refresh_from_db()
    assert (provider.name, provider.slug, provider.kind) == (
        "Team",
        "work",
        "anthropic",
    )


def test_a_provider_goes_with_its_cards(
    transactional_db: None, administrator: Client, answering: Simulator
) -> None:
    provider = added(administrator)
    administrator.post(f"{PROVIDERS}{provider.pk}/refresh/")

    answer = administrator.post(f"{PROVIDERS}{provider.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 302
    assert not ModelCard.objects.filter(model_id__startswith="work/").exists()
