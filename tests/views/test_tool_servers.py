"""The pages of servers of tools: who sees what, and what each button does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import McpLogin, McpServer
from conversations.tools.mcp import servers
from tests.tools.mcp.serving import make_server, served
from tests.views.conftest import Html

PAGE = "/tools/servers/"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(make_server()) as address:
        yield address


@pytest.fixture
def as_alice(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def as_root(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def server(url: str, transactional_db: None) -> McpServer:
    return McpServer.objects.create(title="Numbers", name="numbers", url=url)


def allow(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="add_mcpserver"))


def sent(**fields: Any) -> dict[str, Any]:
    return {
        "title": "My tools",
        "url": "https://tools.example.com/mcp",
        "authorization": "none",
        **fields,
    }


def test_without_permission_nobody_adds_one(as_alice: Client) -> None:
    assert not Html(as_alice.get(PAGE)).all("input", name="title")
    assert as_alice.post(PAGE, sent()).status_code == 403
    assert not McpServer.objects.exists()


def test_an_allowed_person_adds_one_of_their_own(
    as_alice: Client, alice: User, bob: User
) -> None:
    allow(alice)

    response = as_alice.post(PAGE, sent(authorization="token", token="my key"))

    server = McpServer.objects.get()
    assert response["Location"] == f"{PAGE}{server.id}/"
    assert (server.owner, server.title) == (alice, "My tools")
    assert server.name.startswith("my-tools-")
    assert McpLogin.objects.get(user=alice).token == "my key"
    assert b"my key" not in as_alice.get(response["Location"]).content
    stranger = Client()
    stranger.force_login(bob)
    assert stranger.get(response["Location"]).status_code == 404
    assert b"My tools" not in stranger.get(PAGE).content


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "http://tools.example.com/mcp"}, "must begin with https://"),
        ({"url": "ftp://tools.example.com/mcp"}, "must begin with http"),
        ({"url": "https://user:pw@tools.example.com/"}, "user name or a password"),
        ({"url": "stdio:/bin/sh"}, "must begin with http"),
        ({"authorization": "token"}, "Enter the token"),
        ({"title": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_is_said(
    as_alice: Client, alice: User, fields: dict[str, str], words: str
) -> None:
    allow(alice)

    response = as_alice.post(PAGE, sent(**fields))

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not McpServer.objects.exists()


def test_an_administrator_lists_the_tools_and_agrees(
    as_root: Client, as_alice: Client, server: McpServer
) -> None:
    page = f"{PAGE}{server.id}/"

    as_root.post(f"{page}list/")

    server.refresh_from_db()
    waiting = servers.waits_for_agreement(server)
    assert [item.name for item in waiting] == ["add", "hang", "flood", "fail"]
    assert "An administrator has to agree" in as_alice.get(page).content.decode()
    shown = Html(as_root.get(page))
    digests = [field.attributes["value"] for field in shown.all("input", name="tool")]
    as_root.post(f"{page}agree/", {"tool": digests})
    server.refresh_from_db()
    assert len(servers.offered(server)) == 4


def test_nobody_agrees_to_what_they_were_not_shown(
    as_root: Client, server: McpServer
) -> None:
    page = f"{PAGE}{server.id}/"
    as_root.post(f"{page}list/")

    as_root.post(f"{page}agree/", {"tool": ["another"]})

    server.refresh_from_db()
    assert servers.offered(server) == []
    assert "have changed meanwhile" in as_root.get(page).content.decode()


@pytest.mark.parametrize("action", ["list", "agree", "remove"])
def test_people_change_nothing_of_everybodys(
    as_alice: Client, server: McpServer, action: str
) -> None:
    assert as_alice.post(f"{PAGE}{server.id}/{action}/").status_code == 403
    assert McpServer.objects.filter(tools=[]).count() == 1


@pytest.mark.parametrize("action", ["list", "agree", "remove", "log-in", "log-out"])
def test_nothing_happens_without_a_post(
    as_root: Client, server: McpServer, action: str
) -> None:
    assert as_root.get(f"{PAGE}{server.id}/{action}/").status_code == 405


def test_what_is_no_action_is_not_found(as_root: Client, server: McpServer) -> None:
    assert as_root.post(f"{PAGE}{server.id}/explode/").status_code == 404


def test_a_person_removes_their_own(
    as_alice: Client, alice: User, server: McpServer
) -> None:
    McpServer.objects.update(owner=alice)

    as_alice.post(f"{PAGE}{server.id}/remove/")

    assert not McpServer.objects.exists()


def test_a_way_back_that_nobody_waits_for_is_refused(as_alice: Client) -> None:
    response = as_alice.get(f"{PAGE}callback/?code=x&state=y", follow=True)

    assert "was not begun by you" in response.content.decode()


def test_log_in_at_a_server_that_is_away_says_so(
    as_alice: Client, server: McpServer
) -> None:
    McpServer.objects.update(authorization="oauth", url="http://127.0.0.1:1/mcp")

    response = as_alice.post(f"{PAGE}{server.id}/log-in/", follow=True)

    assert "cannot be reached" in response.content.decode()
