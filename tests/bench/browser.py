"""A person's Chromium, measured through its own instruments."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    sync_playwright,
)

from . import servers
from .proc import cpu_seconds
from .servers import Server

# When the box takes words and the socket is open, as the page itself counts time.
USABLE = """
(() => {
  const look = () => {
    const box = document.querySelector("#composer-text");
    const isOpen = document.documentElement?.dataset.connection === "open";
    if (box && !box.disabled && isOpen) window.usableAt = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})();
"""
# When the conversation's last message stands within the window.
LAST_VISIBLE = """
(() => {
  const look = () => {
    const last = [...document.querySelectorAll("#log article.message")].at(-1);
    const box = last?.getBoundingClientRect();
    const isShown = box && box.height > 0 && box.top < innerHeight && box.bottom > 0;
    if (isShown && last.textContent.includes("last of all"))
      window.lastVisibleAt = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})();
"""
LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({type: "longtask"});
"""
# What is loaded while nothing else happens is counted for itself.
NEVER_IDLE = "window.requestIdleCallback = () => 0"
TIMEOUT_MS = 30_000
POLL_MS = 25


@dataclass
class Visitor:
    """Somebody who is logged in and looks at pages."""

    browser: Browser
    server: Server

    def first_visit(self, *, is_idle: bool = False) -> dict[str, float]:
        """Open the first page with an empty cache.

        With `is_idle` what sending needs is counted too, which is loaded after that.
        """
        with self._page() as (page, session):
            if not is_idle:
                page.add_init_script(NEVER_IDLE)
            requests, sizes = [0.0], [0.0]
            session.on("Network.requestWillBeSent", lambda event: _add(requests, 1))
            session.on(
                "Network.loadingFinished",
                lambda event: _add(sizes, event["encodedDataLength"]),
            )
            page.goto("/")
            page.wait_for_load_state("networkidle")
            usable = _poll(page, "window.usableAt")
            return {
                "requests": requests[0],
                "kib": sizes[0] / 1024,
                "usable_ms": usable,
            }

    def long_answer(self, deltas: int, *, rate: int) -> dict[str, float]:
        """Have an answer streamed into a page; return how busy its main thread was."""
        with self._page() as (page, session):
            page.goto("/")
            _poll(page, "document.getElementById('composer').isReady")
            page.locator("#composer-text").fill(
                f"bench tag=p n={deltas} rate={rate} size=20 style=prose"
            )
            before = _metrics(session)
            page.evaluate(LONG_TASKS)
            page.locator("#composer-text").press("Enter")
            ended = page.locator("#log article[data-stop-reason=end_turn]")
            ended.wait_for(timeout=TIMEOUT_MS)
            after = _metrics(session)
            return {
                "busy_s": after["TaskDuration"] - before["TaskDuration"],
                "longest_ms": max([0, *page.evaluate("window.longTasks")]),
            }

    def open_conversation(self, address: str) -> dict[str, float]:
        """Open a conversation; return when its last message is there, CPU and nodes."""
        with self._page() as (page, _):
            page.add_init_script(LAST_VISIBLE)
            page.add_init_script(NEVER_IDLE)
            cpu = cpu_seconds(self.server.pid)
            page.goto(address)
            visible = _poll(page, "window.lastVisibleAt")
            page.wait_for_load_state("networkidle")
            cpu = cpu_seconds(self.server.pid) - cpu
            nodes = page.evaluate("document.querySelectorAll('*').length")
            return {"visible_ms": visible, "cpu_ms": cpu * 1000, "nodes": nodes}

    def seed_conversation(self, messages: int) -> str:
        """Put a conversation into the database; return its address."""
        environment = servers.colloquy_environment(
            self.server.data_dir, self.server.port
        )
        return servers.seed("conversation", environment | {"COUNT": str(messages)})

    @contextmanager
    def _page(self) -> Iterator[tuple[Page, CDPSession]]:
        """Give a page in a profile with an empty cache."""
        context: BrowserContext = self.browser.new_context(base_url=self.server.url)
        name, _, value = self.server.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": self.server.url}])
        context.add_init_script(USABLE)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Performance.enable")
        try:
            yield page, session
        finally:
            context.close()


@contextmanager
def visiting(server: Server) -> Iterator[Visitor]:
    """Run the system's Chromium; Playwright's own download is not needed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield Visitor(browser, server)
        browser.close()


def _poll(page: Page, expression: str) -> float:
    # wait_for_function fails under the page's Content Security Policy.
    for _ in range(TIMEOUT_MS // POLL_MS):
        if value := page.evaluate(expression):
            return float(value)
        page.wait_for_timeout(POLL_MS)
    raise TimeoutError(f"{expression} did not come true")


def _metrics(session: CDPSession) -> dict[str, float]:
    found: list[Any] = session.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] for metric in found}


def _add(total: list[float], value: float) -> None:
    total[0] += value
