"""Stored servers: listed, agreed to, called, and logged in at."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from chatapp.accounts.models import User
from conversations import catalog
from conversations.catalog import card_for
from conversations.models import (
    Authorization,
    McpAuthorization,
    McpLogin,
    McpServer,
    ToolPermission,
)
from conversations.models.ids import uuid7
from conversations.models.reading import read
from conversations.models.tool_permission import Permission
from conversations.tools.base import Call, ToolContext, ToolResult
from conversations.tools.mcp import logging_in, servers
from conversations.tools.mcp.access import McpError
from conversations.tools.mcp.listing import read_list
from conversations.tools.permissions import permission_of
from conversations.tools.registry import definitions, find_tool, offers
from conversations.tools.running import run_call
from tests.postgres import free_port
from tests.tools.mcp.oauth import Porter, oauth_server
from tests.tools.mcp.serving import TOKEN, guarded_server, make_server, served

BACK = "http://testserver/tools/servers/callback/"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(make_server()) as address:
        yield address


async def stored(url: str, **fields: Any) -> McpServer:
    return await McpServer.objects.acreate(
        **{"title": "Numbers", "name": "numbers", "url": url, **fields}
    )


async def agreed(server: McpServer, user: User) -> McpServer:
    await servers.list_again(server, await servers.access_for(server, user.pk))
    server.agreed = {item.known_as: item.digest for item in servers.usable(server)}
    await server.asave()
    return server


async def run(user: User, name: str, **arguments: Any) -> ToolResult:
    context = ToolContext(user.pk, uuid7(), uuid7())
    tool = await read(find_tool, user.pk, name)
    return await run_call(tool, Call("toolu_1", name, arguments), context)


@pytest.fixture
def numbers(db: None) -> McpServer:
    """A server of everybody whose tools were listed and agreed to."""
    tool = {
        "name": "add",
        "known_as": "mcp_numbers_add",
        "title": "Add numbers",
        "description": "Add two numbers.",
        "input_schema": {"type": "object"},
        "digest": "1",
    }
    return McpServer.objects.create(
        title="Numbers",
        name="numbers",
        url="http://127.0.0.1:1/mcp",
        tools=[tool],
        agreed={"mcp_numbers_add": "1"},
    )


def names(user: User) -> list[str]:
    return [offer.name for offer in offers(user.pk) if offer.name.startswith("mcp:")]


def test_a_server_is_one_switch_that_declares_its_tools(
    numbers: McpServer, alice: User
) -> None:
    catalog.load_cards()

    declared = definitions(alice.pk, card_for("claude-opus-5-5"), ["mcp:numbers"])

    assert declared == [
        {
            "name": "mcp_numbers_add",
            "description": "Add two numbers.",
            "input_schema": {"type": "object"},
        }
    ]


def test_only_agreed_tools_of_servers_in_use_are_offered(
    numbers: McpServer, alice: User, bob: User
) -> None:
    assert names(alice) == names(bob) == ["mcp:numbers"]
    changes: list[dict[str, Any]] = [
        {"owner": bob},
        {"is_enabled": False},
        {"agreed": {"mcp_numbers_add": "2"}},
        {"agreed": {}},
    ]
    for change in changes:
        fields = {"owner": None, "is_enabled": True, "agreed": numbers.agreed} | change
        McpServer.objects.update(**fields)
        assert names(alice) == []
        assert find_tool(alice.pk, "mcp_numbers_add") is None


def test_a_tool_asks_first_and_again_when_it_has_changed(
    numbers: McpServer, alice: User
) -> None:
    before = find_tool(alice.pk, "mcp_numbers_add")
    assert before is not None
    assert permission_of(alice.pk, before) == Permission.ASK
    ToolPermission.objects.create(
        owner=alice, key=before.permission_key, permission=Permission.ALWAYS
    )
    assert permission_of(alice.pk, before) == Permission.ALWAYS

    numbers.tools[0]["digest"] = numbers.agreed["mcp_numbers_add"] = "2"
    numbers.save()

    after = find_tool(alice.pk, "mcp_numbers_add")
    assert after is not None
    assert permission_of(alice.pk, after) == Permission.ASK


async def test_a_call_goes_to_the_server_and_back(
    url: str, async_db: None, alice: User
) -> None:
    await agreed(await stored(url), alice)

    assert await run(alice, "mcp_numbers_add", a=2, b=3) == ToolResult("5")


@pytest.mark.parametrize(
    "trap",
    [
        {"a": {"type": "string", "pattern": "^(a+)+$"}},
        {"a": {"$ref": "http://169.254.169.254/latest/"}},
    ],
    ids=["a pattern without end", "a reference into the own network"],
)
async def test_a_stranger_s_schema_is_never_followed(
    async_db: None, alice: User, trap: dict[str, Any]
) -> None:
    schema = {"type": "object", "properties": trap}
    listed = {"name": "add", "description": "", "inputSchema": schema}
    [item] = read_list("numbers", [listed])
    address = f"http://127.0.0.1:{free_port()}/mcp"
    server = await stored(
        address, tools=[asdict(item)], agreed={item.known_as: item.digest}
    )

    result = await run(alice, "mcp_numbers_add", a="a" * 5_000 + "!")

    # It came as far as the server, which is not there.
    assert "cannot be reached" in str(result.content)
    assert server.error == ""


async def test_a_tool_that_changed_is_off_until_somebody_has_looked(
    url: str, async_db: None, alice: User
) -> None:
    server = await agreed(await stored(url), alice)
    # As if the server had described it otherwise when somebody agreed.
    for tool in server.tools:
        tool["digest"] = server.agreed[tool["known_as"]] = "another"
    await server.asave()

    result = await run(alice, "mcp_numbers_add", a=2, b=3)

    assert result.is_error
    assert "has changed this tool" in str(result.content)
    await servers.list_again(server, await servers.access_for(server, alice.pk))
    assert servers.offered(server) == []
    assert len(servers.waits_for_agreement(server)) == 4


async def test_a_server_that_is_away_keeps_its_tools_and_says_so(
    url: str, async_db: None, alice: User
) -> None:
    server = await agreed(await stored(url), alice)
    server.url = f"http://127.0.0.1:{free_port()}/mcp"

    await servers.list_again(server, await servers.access_for(server, alice.pk))

    assert len(servers.offered(server)) == 4
    assert "cannot be reached" in server.error


async def test_the_token_of_everybodys_server_is_an_environment_variable(
    async_db: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    with served(guarded_server(port), port) as address:
        server = await stored(
            address, authorization=Authorization.TOKEN, token_variable="MCP_NUMBERS"
        )
        with pytest.raises(McpError, match="MCP_NUMBERS"):
            await servers.access_for(server, alice.pk)
        monkeypatch.setenv("MCP_NUMBERS", TOKEN)

        await agreed(server, alice)

        assert server.error == ""
        assert await run(alice, "mcp_numbers_add", a=1, b=1) == ToolResult("2")


async def test_a_persons_token_is_sealed_and_theirs_alone(
    async_db: None, alice: User, bob: User
) -> None:
    server = await stored("https://x.test/", authorization="token", owner=alice)
    await McpLogin.objects.acreate(server=server, user=alice, token=TOKEN)

    assert (await servers.access_for(server, alice.pk)).token == TOKEN
    with pytest.raises(McpError, match="is missing"):
        await servers.access_for(server, bob.pk)
    login = await McpLogin.objects.extra(select={"raw": "token"}).aget()
    assert TOKEN not in login.raw


async def test_a_person_logs_in_and_stays_logged_in(
    async_db: None, alice: User, bob: User
) -> None:
    port, porter = free_port(), Porter()
    with served(oauth_server(port, porter), port) as address:
        server = await stored(address, authorization=Authorization.OAUTH)
        with pytest.raises(McpError, match="log in at Numbers first"):
            await servers.access_for(server, alice.pk)

        page = await logging_in.begin(server, alice.pk, BACK)
        assert page is not None
        answer = await sent_back(page)
        with pytest.raises(McpError, match="not begun by you"):
            await logging_in.come_back(bob.pk, answer)
        await logging_in.come_back(alice.pk, answer)

        await server.arefresh_from_db()
        assert (server.error, len(server.tools)) == ("", 4)
        assert not await McpAuthorization.objects.aexists()
        await agreed(server, alice)
        assert await run(alice, "mcp_numbers_add", a=4, b=4) == ToolResult("8")
        # Nobody else rides on it.
        result = await run(bob, "mcp_numbers_add", a=4, b=4)
        assert "log in at Numbers first" in str(result.content)

        porter.forget_tokens()
        result = await run(alice, "mcp_numbers_add", a=4, b=4)
        assert "log in at it again" in str(result.content)


async def test_coming_back_twice_is_refused(async_db: None, alice: User) -> None:
    port = free_port()
    with served(oauth_server(port, Porter()), port) as address:
        server = await stored(address, authorization=Authorization.OAUTH)
        page = await logging_in.begin(server, alice.pk, BACK)
        assert page is not None
        answer = await sent_back(page)
        await logging_in.come_back(alice.pk, answer)

        with pytest.raises(McpError, match="too old"):
            await logging_in.come_back(alice.pk, answer)


async def sent_back(page: str) -> dict[str, str]:
    """Return with what the server's page sends a person back to us."""
    async with httpx.AsyncClient() as browser:
        response = await browser.get(page)
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))
