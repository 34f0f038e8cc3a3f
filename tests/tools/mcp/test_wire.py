"""Visits at a real server of tools, the good and the bad."""

import asyncio
from collections.abc import Iterator

import pytest

from conversations.tools.base import ToolResult
from conversations.tools.mcp.access import MAX_BYTES, Access, McpError, wire
from conversations.tools.mcp.listing import Listed, read_list
from conversations.tools.mcp.results import read_result
from tests.postgres import free_port
from tests.tools.mcp.serving import TOKEN, guarded_server, make_server, served


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(make_server()) as address:
        yield address


async def tools_of(access: Access) -> dict[str, Listed]:
    listed = read_list("numbers", await wire().list_tools(access))
    return {item.name: item for item in listed}


async def call(access: Access, name: str, **arguments: object) -> ToolResult:
    digest = (await tools_of(access))[name].digest
    return read_result(await wire().call_tool(access, name, arguments, digest))


async def test_tools_are_listed_as_the_server_describes_them(url: str) -> None:
    tools = await tools_of(Access(url=url, is_trusted=True))

    assert list(tools) == ["add", "hang", "flood", "fail"]
    add = tools["add"]
    assert (add.known_as, add.title) == ("mcp_numbers_add", "Add numbers")
    assert add.description == "Add two numbers."
    assert add.input_schema["required"] == ["a", "b"]
    assert [item.problem for item in tools.values()] == ["", "", "", ""]


async def test_a_call_brings_its_result(url: str) -> None:
    result = await call(Access(url=url, is_trusted=True), "add", a=2, b=3)

    assert result == ToolResult("5")


async def test_a_failing_tool_says_so(url: str) -> None:
    result = await call(Access(url=url, is_trusted=True), "fail")

    assert result.is_error
    assert "fail" in str(result.content)


async def test_a_tool_that_hangs_costs_its_time_only(url: str) -> None:
    # Time to list the tools twice is needed as well.
    access = Access(url=url, is_trusted=True, seconds=1.5)

    with pytest.raises(McpError, match=r"gave no answer in 1\.5 seconds"):
        await call(access, "hang")


@pytest.mark.parametrize("megabytes", [3, 100])
async def test_too_much_is_given_up(url: str, megabytes: int) -> None:
    assert megabytes * 1_000_000 > MAX_BYTES

    with pytest.raises(McpError, match="sent more than 1 MB"):
        await call(Access(url=url, is_trusted=True), "flood", megabytes=megabytes)


async def test_a_changed_tool_is_not_called(url: str) -> None:
    access = Access(url=url, is_trusted=True)

    with pytest.raises(McpError, match="has changed this tool"):
        await wire().call_tool(access, "add", {"a": 1, "b": 1}, "another digest")


async def test_a_tool_that_is_gone_is_not_called(url: str) -> None:
    with pytest.raises(McpError, match="no longer has this tool"):
        await wire().call_tool(Access(url=url, is_trusted=True), "gone", {}, "")


async def test_visits_do_not_hold_each_other_up(url: str) -> None:
    access = Access(url=url, is_trusted=True, seconds=3)
    hanging = asyncio.create_task(call(access, "hang"))

    result = await call(Access(url=url, is_trusted=True), "add", a=1, b=1)

    assert (result.content, hanging.done()) == ("2", False)
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)


async def test_nobody_there_is_said() -> None:
    access = Access(url=f"http://127.0.0.1:{free_port()}/mcp", is_trusted=True)

    with pytest.raises(McpError, match="cannot be reached"):
        await wire().list_tools(access)


async def test_another_kind_of_server_is_told_apart(url: str) -> None:
    access = Access(url=url.replace("/mcp", "/other"), is_trusted=True)

    with pytest.raises(McpError):
        await wire().list_tools(access)


async def test_the_token_opens_a_guarded_server() -> None:
    port = free_port()
    with served(guarded_server(port), port) as address:
        access = Access(url=address, is_trusted=True, token=TOKEN)
        assert list(await tools_of(access)) == ["add", "hang", "flood", "fail"]

        with pytest.raises(McpError):
            await wire().list_tools(Access(url=address, is_trusted=True, token="wrong"))


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/mcp",
        "https://localhost/mcp",
        "https://10.0.0.8/mcp",
        "https://169.254.169.254/mcp",
        "https://[::1]/mcp",
    ],
)
async def test_a_persons_server_is_never_inside_the_own_network(address: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "localhost" else [host.strip("[]")]

    with pytest.raises(McpError, match="cannot be reached"):
        await wire().list_tools(Access(url=address, resolve=resolve))
