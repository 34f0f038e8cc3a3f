"""What was not sent waits, says why, and is neither lost nor sent twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Playwright, expect

from tests.e2e.between import Between, Json
from tests.e2e.chat import Chat, log_in
from tests.e2e.conftest import OpenChat, Served, Watches
from tests.e2e.files import photograph
from tests.e2e.test_accessibility import findings
from tests.e2e.test_keyboard import press, tab_to
from tests.e2e.watching import Watch
from tests.serving import RunningServer

NO_CONNECTION = "Waiting to be sent. There is no connection to the server."
BROKEN = ("net::ERR_", "WebSocket connection")


def error(kind: str, message: str, *, retryable: bool) -> Json:
    action = "wait" if retryable else "none"
    facts = {"type": kind, "message": message, "retryable": retryable}
    return facts | {"request_id": None, "action": action}


AWAY = error("database_unavailable", "The database cannot be reached.", retryable=True)
NOT_OFFERED = error("unknown_model", "This model is not offered.", retryable=False)

COUNT_KEPT = """async () => {
  const [{ name }] = await indexedDB.databases();
  const answer = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
  });
  const database = await answer(indexedDB.open(name));
  const count = await answer(database.transaction("unsent").objectStore("unsent").count());
  database.close();
  return count;
}"""


@pytest.fixture
def between(chat: Chat) -> Between:
    """What stands between the server and the tabs of `chat`'s profile."""
    between = Between(chat.page)
    chat.reload()
    return between


def waiting(chat: Chat) -> Locator:
    """The messages on the page that the server does not have."""
    return chat.page.locator("article.message--user[data-client-id]")


def wait_until_kept(chat: Chat, count: int) -> None:
    """Wait until that many messages are on the browser's disk."""
    for _attempt in range(400):
        if chat.page.evaluate(COUNT_KEPT) == count:
            return
        chat.page.wait_for_timeout(20)
    raise AssertionError("the messages were not kept")


def kept_between(chat: Chat, between: Between) -> Json:
    """Return the command that is kept between the page and the server."""
    for _attempt in range(400):
        if between.kept:
            return between.kept[0]
        chat.page.wait_for_timeout(20)
    raise AssertionError("the page did not send")


def try_now(chat: Chat) -> None:
    chat.page.locator(".connection__retry").dispatch_event("click")
    chat.connected()


def without_connection(chat: Chat, between: Between) -> None:
    chat.ready()
    between.leave()
    expect(chat.page.locator("#connection")).to_contain_text("Reconnecting in")


def test_two_messages_survive_a_reload_and_are_sent_once(
    chat: Chat, between: Between
) -> None:
    chat.ask("[simulate: echo] before")
    without_connection(chat, between)
    chat.send("[simulate: echo] one")
    chat.send("[simulate: echo] two")
    wait_until_kept(chat, 2)
    chat.page.reload()

    expect(waiting(chat)).to_have_count(2)
    expect(waiting(chat).first).to_contain_text("one")
    expect(waiting(chat).last).to_contain_text(NO_CONNECTION)
    between.come_back()
    try_now(chat)

    expect(waiting(chat)).to_have_count(0)
    expect(chat.answers).to_have_count(3)
    chat.finished()
    expect(chat.prose).to_have_text("two")
    chat.reload()
    expect(waiting(chat)).to_have_count(0)
    assert chat.stored_texts() == ["before", "one", "two"]


def test_the_first_message_survives_a_reload(chat: Chat, between: Between) -> None:
    without_connection(chat, between)
    chat.attach(photograph())
    chat.send("[simulate: echo] one")
    wait_until_kept(chat, 1)
    chat.page.reload()

    expect(waiting(chat)).to_contain_text(NO_CONNECTION)
    expect(waiting(chat).locator(".attachment")).to_contain_text("harbour.jpg")
    between.come_back()
    try_now(chat)

    chat.finished()
    expect(chat.prose).to_have_text("one")
    (stored,) = [m for m in chat.stored()["messages"] if m["role"] == "user"]
    assert [block["type"] for block in stored["content"]] == ["image", "text"]


def test_another_tab_sends_what_a_closed_one_left(
    chat: Chat, between: Between, watches: Watches
) -> None:
    chat.ask("[simulate: echo] before")
    other = chat.tab()
    expect(other.answers).to_have_count(1)
    # Nothing was ever unsent in that tab: it looks when it connects anew.
    other_between = Between(other.page)
    other.reload()
    other_between.leave()
    without_connection(chat, between)
    chat.send("[simulate: echo] left behind")
    wait_until_kept(chat, 1)

    chat.page.close()
    other_between.come_back()
    try_now(other)

    expect(other.answers).to_have_count(2)
    other.finished()
    expect(other.prose).to_have_text("left behind")
    assert other.stored_texts() == ["before", "left behind"]


def test_a_tab_elsewhere_sends_it_too(chat: Chat, between: Between) -> None:
    chat.ask("[simulate: echo] before")
    witness = chat.tab()
    without_connection(chat, between)
    chat.send("[simulate: echo] left behind")
    wait_until_kept(chat, 1)
    chat.page.close()

    elsewhere = witness.tab("/")

    expect(witness.answers).to_have_count(2)
    witness.finished()
    expect(witness.prose).to_have_text("left behind")
    expect(elsewhere.questions).to_have_count(0)
    expect(elsewhere.page).to_have_url(re.compile(r"/$"))


def test_the_tab_that_shows_the_conversation_takes_the_message_over(
    chat: Chat, between: Between
) -> None:
    chat.ask("[simulate: echo] before")
    path = f"/conversations/{chat.id}/"
    without_connection(chat, between)
    chat.send("[simulate: echo] left behind")
    wait_until_kept(chat, 1)
    everywhere = Between(chat.page.context)
    everywhere.is_away = True
    elsewhere = Chat(chat.page.context.new_page(), chat.watch)
    elsewhere.page.goto("/")
    chat.page.close()
    # The lonely tab looks every few seconds.
    elsewhere.page.wait_for_timeout(6_000)

    shows = Chat(chat.page.context.new_page(), chat.watch)
    shows.page.goto(path)

    expect(waiting(shows)).to_contain_text(NO_CONNECTION)
    everywhere.come_back()
    try_now(shows)
    shows.finished()
    assert shows.stored_texts() == ["before", "left behind"]


@pytest.fixture
def restart(
    playwright: Playwright, browser_type_launch_args: Json, tmp_path: Path
) -> Iterator[object]:
    """Return a function that starts the browser with the same profile again."""
    opened: list[BrowserContext] = []

    def start(server: RunningServer) -> BrowserContext:
        for context in opened:
            context.close()
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", base_url=server.url, **browser_type_launch_args
        )
        opened[:] = [context]
        return context

    yield start
    for context in opened:
        context.close()


def test_a_message_survives_the_browser(restart: object, server: RunningServer) -> None:
    assert callable(restart)
    context: BrowserContext = restart(server)
    log_in(context.new_page())
    between = Between(context)
    chat = Chat(context.new_page(), Watch(server.url)).open("/")
    without_connection(chat, between)
    chat.send("[simulate: echo] from before")
    wait_until_kept(chat, 1)

    again = Chat(restart(server).new_page(), Watch(server.url)).open("/")

    again.finished()
    expect(again.prose).to_have_text("from before")
    assert again.stored_texts() == ["from before"]


def test_a_waiting_message_can_be_taken_back(chat: Chat, between: Between) -> None:
    without_connection(chat, between)
    chat.attach(photograph())
    chat.send("[simulate: echo] not yet")
    chat.box.fill("and this")

    # By the keyboard: it is the next control before the box.
    chat.box.focus()
    waiting(chat).get_by_role("button", name="Take back").focus()
    press(chat.page, "Enter")

    expect(chat.box).to_have_value("[simulate: echo] not yet\n\nand this")
    expect(chat.box).to_be_focused()
    expect(chat.uploads).to_have_count(1)
    expect(waiting(chat)).to_have_count(0)
    between.come_back()
    chat.reload()
    expect(waiting(chat)).to_have_count(0)
    expect(chat.box).to_have_value("[simulate: echo] not yet\n\nand this")


def test_a_retry_waits_and_can_be_taken_back(chat: Chat, between: Between) -> None:
    chat.ask("[simulate: echo] one")
    without_connection(chat, between)

    chat.answer.get_by_role("button", name="Retry", exact=True).click()
    expect(chat.answer).to_contain_text(NO_CONNECTION)
    chat.answer.get_by_role("button", name="Take back").click()

    expect(chat.prose).to_have_text("one")
    between.come_back()
    chat.reload()
    assert len(chat.stored()["turns"]) == 1


def test_a_server_without_its_database_is_waited_for(
    chat: Chat, between: Between
) -> None:
    notice = chat.page.locator("#server-notice")
    between.say({"type": "server.impaired", "reason": AWAY})
    expect(notice).to_have_text("The database cannot be reached.")
    expect(notice).to_have_role("status")
    between.refusals["message.send"] = AWAY

    chat.send("[simulate: echo] patient")
    expect(waiting(chat)).to_contain_text(
        "Waiting to be sent. The database cannot be reached."
    )
    wait_until_kept(chat, 1)
    chat.reload()
    expect(waiting(chat)).to_contain_text("The database cannot be reached.")
    between.refusals.clear()
    between.say({"type": "server.recovered"})

    expect(notice).to_be_empty()
    chat.finished()
    expect(chat.prose).to_have_text("patient")
    assert chat.stored_texts("user") == ["[simulate: echo] patient"]


def test_a_refused_message_is_tried_again_by_itself(
    chat: Chat, between: Between
) -> None:
    between.refusals["message.send"] = AWAY
    chat.send("[simulate: echo] patient")
    expect(waiting(chat)).to_contain_text("The database cannot be reached.")

    between.refusals.clear()

    chat.finished()
    expect(chat.prose).to_have_text("patient")


def test_a_restarting_server_is_named(chat: Chat, between: Between) -> None:
    connection = chat.page.locator("#connection")
    between.say({"type": "server.restarting", "reason": "It stops."})
    expect(connection).to_have_text(re.compile("The server is restarting"))
    expect(connection.get_by_role("button")).to_be_hidden()
    between.leave()
    expect(connection).to_contain_text("The server is restarting. Reconnecting in")
    chat.send("[simulate: echo] meanwhile")
    expect(waiting(chat)).to_contain_text("The server is restarting.")

    between.come_back()
    try_now(chat)

    news = chat.page.locator("#connection-news")
    expect(news).to_have_text("Connected again.")
    expect(connection).to_be_hidden()
    chat.finished()
    expect(chat.prose).to_have_text("meanwhile")


def test_offline_is_named_and_the_network_is_used_at_once(
    chat: Chat, between: Between
) -> None:
    without_connection(chat, between)
    chat.page.context.set_offline(True)
    expect(chat.page.locator("#connection")).to_contain_text("You are offline.")
    expect(chat.page.locator("#connection-news")).to_contain_text("You are offline.")
    chat.send("[simulate: echo] written on a train")
    expect(waiting(chat)).to_contain_text("Waiting to be sent. You are offline.")
    between.come_back()

    chat.page.context.set_offline(False)

    chat.connected()
    chat.finished()
    expect(chat.prose).to_have_text("written on a train")


def test_a_line_that_died_while_the_computer_slept_is_found(
    chat: Chat, between: Between
) -> None:
    chat.page.clock.install()
    chat.reload()
    between.keeps.add("ping")

    chat.page.clock.fast_forward("01:00")
    chat.page.clock.fast_forward("00:10")

    expect(chat.page.locator("#connection")).to_be_visible()
    expect(chat.page.locator("#connection-news")).to_contain_text("no connection")
    between.keeps.clear()
    chat.page.clock.fast_forward("00:15")
    chat.connected()


def test_a_page_in_the_memory_of_the_browser_lets_go_and_comes_back(
    chat: Chat, between: Between
) -> None:
    chat.ask("[simulate: echo] before")
    turn_page = (
        "(name) => dispatchEvent(new PageTransitionEvent(name, { persisted: true }))"
    )
    chat.page.evaluate(turn_page, "pagehide")
    html = chat.page.locator("html")
    expect(html).to_have_attribute("data-connection", "closed")
    other = chat.tab()
    other.ask("[simulate: echo] meanwhile")

    chat.page.evaluate(turn_page, "pageshow")

    chat.connected()
    expect(chat.answers).to_have_count(2)
    expect(chat.prose).to_have_text("meanwhile")


def test_a_refusal_gives_the_text_and_the_files_back(
    chat: Chat, between: Between
) -> None:
    between.refusals["message.send"] = NOT_OFFERED
    chat.attach(photograph())

    chat.send("[simulate: echo] not lost")

    expect(chat.page.locator("#composer-error")).to_have_text(
        "This model is not offered."
    )
    expect(chat.box).to_have_value("[simulate: echo] not lost")
    expect(chat.uploads).to_have_count(1)
    expect(chat.questions).to_have_count(0)
    chat.reload()
    expect(chat.box).to_have_value("[simulate: echo] not lost")
    expect(chat.questions).to_have_count(0)


def test_a_refusal_that_finds_newer_text_keeps_both(
    chat: Chat, between: Between
) -> None:
    between.keeps.add("message.send")
    chat.send("[simulate: echo] older")
    sent = kept_between(chat, between)["client_id"]
    chat.box.fill("newer")
    refused: Json = {"type": "command.rejected", "command": "message.send"}
    between.say(refused | {"client_id": sent, "error": NOT_OFFERED})
    expect(waiting(chat)).to_contain_text("Not sent. This model is not offered.")

    chat.reload()
    expect(waiting(chat)).to_contain_text("Not sent. This model is not offered.")
    expect(chat.box).to_have_value("newer")
    between.keeps.clear()
    waiting(chat).get_by_role("button", name="Send again").click()

    chat.finished()
    expect(chat.prose).to_have_text("older")
    expect(chat.box).to_have_value("newer")


def test_a_server_that_was_away_gets_everything_once(
    open_chat: OpenChat, served: Served, tmp_path: Path
) -> None:
    with served(tmp_path / "data") as first:
        chat = open_chat(first)
        chat.watch.allow(*BROKEN)
        chat.ask("[simulate: echo] before")
        first.process.kill()
        first.process.wait()
        expect(chat.page.locator("#connection")).to_contain_text("Reconnecting in")
        chat.send("[simulate: echo] one")
        chat.send("[simulate: echo] two")
        expect(waiting(chat)).to_have_count(2)

    with served(tmp_path / "data", port=first.port):
        try_now(chat)

        expect(chat.answers).to_have_count(3)
        chat.finished()
        expect(chat.prose).to_have_text("two")
        assert chat.stored_texts() == ["before", "one", "two"]


def test_states_of_waiting_have_no_serious_finding(
    chat: Chat, between: Between
) -> None:
    chat.ask("[simulate: echo] before")
    between.say({"type": "server.impaired", "reason": AWAY})
    without_connection(chat, between)
    chat.send("[simulate: echo] one")
    expect(waiting(chat)).to_have_count(1)
    assert findings(chat.page) == []

    tab_to(chat.page, "Attach files")
    take_back = waiting(chat).get_by_role("button", name="Take back")
    for _step in range(20):
        press(chat.page, "Shift+Tab")
        if take_back.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError("Tab does not lead to 'Take back'")
