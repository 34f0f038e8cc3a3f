"""Colloquy as the campaigns of clients meet it: on one process, and on two."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.cluster import Cluster, Server, Site
from tests.chaos.upstream import Upstream


@dataclass(frozen=True)
class Served:
    """A site that runs, and the upstream that it asks."""

    site: Site
    servers: list[Server]
    upstream: Upstream

    def url(self, number: int) -> str:
        """Return the address for the tab of a number: tabs take turns."""
        return self.servers[number % len(self.servers)].url


@asynccontextmanager
async def one_process(folder: Path) -> AsyncIterator[Served]:
    """Serve everything by one process, on SQLite."""
    async with Cluster(folder) as cluster:
        simulator = await cluster.start_simulator(0)
        async with Upstream(simulator.port) as upstream:
            site = cluster.site("one", ANTHROPIC_BASE_URL=upstream.url)
            server = site.server()
            await server.launch()
            yield Served(site, [server], upstream)


@asynccontextmanager
async def two_processes(folder: Path) -> AsyncIterator[Served]:
    """Serve by two processes of all roles, on PostgreSQL and Redis; raises Missing."""
    async with Cluster(folder) as cluster:
        simulator = await cluster.start_simulator(0)
        postgres, redis = await cluster.start_postgres(), await cluster.start_redis()
        async with Upstream(simulator.port) as upstream:
            site = cluster.site(
                "two",
                postgres.make_database("two"),
                REDIS_URL=redis.url,
                ANTHROPIC_BASE_URL=upstream.url,
            )
            servers = [site.server(), site.server()]
            # One after the other: the first one prepares the database.
            for server in servers:
                await server.launch()
            yield Served(site, servers, upstream)
