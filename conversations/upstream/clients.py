"""One client per event loop and provider."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from django.conf import settings

from conversations.claude import ClaudeClient, Provider, Secret
from conversations.claude.retries import MAX_RETRIES
from conversations.models import Provider as ProviderRow
from conversations.simulator import Simulator, SimulatorTransport

from .opening import open_provider

# Ours: between two requests of a turn a tool may run, and its client is idle.
LONGEST_TURN_SECONDS = 3600.0


@dataclass
class _Kept:
    """A client, and the version of the row that it was made from."""

    client: ClaudeClient
    changed_at: datetime | None = None


@dataclass
class _OfLoop:
    """The clients of one loop by the id of their provider; None is the environment's.

    `retired` are those whose row has changed, and when: a turn may still use one of them.
    """

    kept: dict[int | None, _Kept] = field(default_factory=dict)
    retired: list[tuple[float, ClaudeClient]] = field(default_factory=list)
    closing: set[asyncio.Task[None]] = field(default_factory=set)


# A client's pool belongs to the loop that opened its sockets.
_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _OfLoop] = WeakKeyDictionary()


def is_simulated() -> bool:
    """Whether answers are simulated: neither a key nor a base URL is set."""
    return not (settings.ANTHROPIC_API_KEY or settings.ANTHROPIC_BASE_URL)


def get_client(provider: ProviderRow | None = None) -> ClaudeClient:
    """Return the running loop's client of a provider; None is the environment's.

    Raises NotReady for a provider that is not set up.
    """
    here = _here()
    key, changed_at = (provider.pk, provider.changed_at) if provider else (None, None)
    kept = here.kept.get(key)
    if kept is not None and kept.changed_at == changed_at:
        return kept.client
    if kept is not None:
        del here.kept[key]
        here.retired.append((asyncio.get_running_loop().time(), kept.client))
    _close_retired(here)
    client = make_client(provider)
    here.kept[key] = _Kept(client, changed_at)
    return client


def use_client(client: ClaudeClient, provider: ProviderRow | None = None) -> None:
    """Let the running loop talk through `client`: the seam for tests."""
    key, changed_at = (provider.pk, provider.changed_at) if provider else (None, None)
    _here().kept[key] = _Kept(client, changed_at)


async def close_client() -> None:
    """Close the running loop's connections."""
    here = _loops.pop(asyncio.get_running_loop(), None)
    if here is None:
        return
    await asyncio.gather(*here.closing)
    clients = [kept.client for kept in here.kept.values()]
    clients += [client for _since, client in here.retired]
    for client in clients:
        await client.aclose()


def make_client(
    provider: ProviderRow | None, *, max_retries: int = MAX_RETRIES
) -> ClaudeClient:
    """Return a new client, which whoever asked for it closes. Raises NotReady."""
    if provider is None and is_simulated():
        is_human = settings.SIMULATOR_PACE == "human"
        simulator = Simulator() if is_human else Simulator(pace=0)
        simulated = Provider(api_key=Secret("simulator"))
        return ClaudeClient(simulated, transport=SimulatorTransport(simulator))
    return ClaudeClient(
        _provider() if provider is None else open_provider(provider),
        max_retries=max_retries,
        stall_seconds=settings.ANTHROPIC_READ_TIMEOUT,
    )


def _here() -> _OfLoop:
    return _loops.setdefault(asyncio.get_running_loop(), _OfLoop())


def _close_retired(here: _OfLoop) -> None:
    """Close the retired clients that no turn can still mean to use."""
    loop = asyncio.get_running_loop()
    before = loop.time() - LONGEST_TURN_SECONDS
    closed = [c for since, c in here.retired if since < before and c.is_idle]
    here.retired = [item for item in here.retired if item[1] not in closed]
    for client in closed:
        task = loop.create_task(client.aclose())
        here.closing.add(task)
        task.add_done_callback(here.closing.discard)


def _provider() -> Provider:
    key = settings.ANTHROPIC_API_KEY
    defaults = Provider()
    return Provider(
        base_url=settings.ANTHROPIC_BASE_URL or defaults.base_url,
        api_key=Secret(key) if key else None,
        version=settings.ANTHROPIC_VERSION,
    )
