"""Whatever answers API calls: Anthropic, a compatible URL, or the simulator."""

import asyncio
from weakref import WeakKeyDictionary

from django.conf import settings

from conversations.claude import ClaudeClient, Provider, Secret
from conversations.simulator import Simulator, SimulatorTransport

# A client's pool belongs to the loop that opened its sockets.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, ClaudeClient] = (
    WeakKeyDictionary()
)


def is_simulated() -> bool:
    """Whether answers are simulated: neither a key nor a base URL is set."""
    return not (settings.ANTHROPIC_API_KEY or settings.ANTHROPIC_BASE_URL)


def get_client() -> ClaudeClient:
    """Return the running loop's client."""
    loop = asyncio.get_running_loop()
    if (client := _clients.get(loop)) is None:
        client = _clients[loop] = _make_client()
    return client


def use_client(client: ClaudeClient) -> None:
    """Let the running loop talk through `client`: the seam for tests."""
    _clients[asyncio.get_running_loop()] = client


async def close_client() -> None:
    """Close the running loop's connections."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def _make_client() -> ClaudeClient:
    if is_simulated():
        is_human = settings.SIMULATOR_PACE == "human"
        simulator = Simulator() if is_human else Simulator(pace=0)
        provider = Provider(api_key=Secret("simulator"))
        return ClaudeClient(provider, transport=SimulatorTransport(simulator))
    return ClaudeClient(_provider(), stall_seconds=settings.ANTHROPIC_READ_TIMEOUT)


def _provider() -> Provider:
    key = settings.ANTHROPIC_API_KEY
    defaults = Provider()
    return Provider(
        base_url=settings.ANTHROPIC_BASE_URL or defaults.base_url,
        api_key=Secret(key) if key else None,
        version=settings.ANTHROPIC_VERSION,
    )
