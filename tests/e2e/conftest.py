"""Real servers, and logged-in browser tabs that may not complain about anything."""

import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.chat import NAME, PASSWORD, Chat, log_in
from tests.e2e.line import Line, open_line
from tests.e2e.watching import REPORT, Watch
from tests.serving import ROOT, RunningServer, running_server, server_environment

TIMEOUT_MS = 20_000  # a loaded machine; nothing waits longer than it has to
LOG_LINES = 60

type OpenContext = Callable[..., BrowserContext]
type OpenChat = Callable[..., Chat]
type Watches = dict[BrowserContext, Watch]
type Served = Callable[..., Any]

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collect the static files once for all servers."""
    folder = tmp_path_factory.mktemp("static")
    environment = server_environment(folder / "data", 0) | {
        "STATIC_ROOT": str(folder / "files"),
        "PORT": "8000",
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    return folder / "files"


@pytest.fixture(scope="session")
def served(static_root: Path) -> Served:
    """Return a function that runs a server with the static files and one person."""

    def serve(data_dir: Path, **settings: Any) -> Any:
        return running_server(
            data_dir,
            STATIC_ROOT=str(static_root),
            ADMIN_USERNAME=NAME,
            ADMIN_PASSWORD=PASSWORD,
            **settings,
        )

    return serve


@pytest.fixture(scope="session")
def server(
    served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """Claude answers at once, unless a message names another pace."""
    with served(tmp_path_factory.mktemp("instant") / "data") as running:
        yield running
    assert "Traceback" not in running.output, running.output


@pytest.fixture(scope="session")
def human_server(
    served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """Claude answers at the pace of a quick model."""
    data_dir = tmp_path_factory.mktemp("human") / "data"
    with served(data_dir, SIMULATOR_PACE="human") as running:
        yield running
    assert "Traceback" not in running.output, running.output


@pytest.fixture(scope="session")
def session_of(browser: Browser) -> Callable[[RunningServer], Any]:
    """Return a function that logs in once per server and gives the cookies."""
    known: dict[str, Any] = {}

    def state(server: RunningServer) -> Any:
        if server.url not in known:
            context = browser.new_context(base_url=server.url)
            log_in(context.new_page())
            known[server.url] = context.storage_state()
            context.close()
        return known[server.url]

    return state


@pytest.fixture
def watches() -> Iterator[Watches]:
    """Fail the test when one of its pages did what no page may do."""
    opened: Watches = {}
    yield opened
    problems = [p for watch in opened.values() for p in watch.unexpected]
    assert not problems, "\n".join(problems)


@pytest.fixture
def open_context(
    browser: Browser,
    watches: Watches,
    session_of: Callable[[RunningServer], Any],
) -> Iterator[OpenContext]:
    """Return a function that opens a watched browser profile, logged in by default."""
    opened: list[BrowserContext] = []

    def open_one(
        server: RunningServer, *, is_logged_in: bool = True, **options: Any
    ) -> BrowserContext:
        if is_logged_in:
            options["storage_state"] = session_of(server)
        context = browser.new_context(base_url=server.url, **options)
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(REPORT)
        opened.append(context)
        watches[context] = Watch(server.url)
        watches[context].start(context)
        return context

    yield open_one
    for context in opened:
        watches[context].is_closing = True
        context.close()


@pytest.fixture
def open_chat(open_context: OpenContext, watches: Watches) -> OpenChat:
    """Return a function that opens a page of a server in a profile of its own."""

    def open_one(server: RunningServer, path: str = "/", **options: Any) -> Chat:
        context = open_context(server, **options)
        return Chat(context.new_page(), watches[context]).open(path)

    return open_one


@pytest.fixture(scope="session")
def profile(
    browser: Browser,
    server: RunningServer,
    session_of: Callable[[RunningServer], Any],
) -> Iterator[BrowserContext]:
    """The profile of most tests: its cache saves each of them a second."""
    context = browser.new_context(base_url=server.url, storage_state=session_of(server))
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(REPORT)
    yield context
    context.close()


@pytest.fixture
def chat(
    profile: BrowserContext, server: RunningServer, watches: Watches
) -> Iterator[Chat]:
    """A logged-in tab with a new conversation; Claude answers at once."""
    watches[profile] = Watch(server.url)
    watches[profile].start(profile)
    yield Chat(profile.new_page(), watches[profile]).open("/")
    watches[profile].stop(profile)
    forget(profile, server.url)


def forget(profile: BrowserContext, origin: str) -> None:
    """Leave nothing of a test to the next one, except what is cached."""
    for page in profile.pages:
        page.close()
    profile.set_offline(False)
    profile.clear_permissions()
    profile.clear_cookies(name="theme")
    page = profile.new_page()
    profile.new_cdp_session(page).send(
        "Storage.clearDataForOrigin",
        {"origin": origin, "storageTypes": "local_storage,indexeddb"},
    )
    page.close()


@pytest.fixture
def line() -> Iterator[Line]:
    """The network between browser and server, which can be cut."""
    with open_line() as opened:
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the server said and what the pages looked like."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            report.sections += [(f"{name}", text) for text in _told_by(value)]
    return report


def _told_by(value: object) -> list[str]:
    if isinstance(value, RunningServer):
        return ["\n".join(value.output.splitlines()[-LOG_LINES:])]
    if isinstance(value, Chat) and not value.page.is_closed():
        return [_aria(value.page)]
    return []


def _aria(page: Page) -> str:
    return f"{page.url}\n{page.locator('body').aria_snapshot()}"
