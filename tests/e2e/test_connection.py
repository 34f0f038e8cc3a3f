"""The line breaks, the server dies: nothing is lost and nothing comes twice."""

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.chat import Chat, paced, words
from tests.e2e.conftest import OpenChat, Served
from tests.e2e.line import Line
from tests.serving import RunningServer

BROKEN = ("net::ERR_", "WebSocket connection")


def retry_now(chat: Chat) -> None:
    """Press the button, also when the page was quicker and has hidden it."""
    chat.page.locator(".connection__retry").dispatch_event("click")
    chat.connected()


def test_broken_connection_catches_up_exactly(
    open_chat: OpenChat, server: RunningServer, line: Line
) -> None:
    chat = open_chat(server, proxy={"server": line.address})
    chat.watch.allow(*BROKEN)
    connection = chat.page.locator("#connection")
    chat.send(paced(words(300)))
    chat.streaming("word20 ")

    line.cut()
    expect(connection).to_contain_text("Reconnecting in")
    line.mend()
    chat.connected()
    expect(connection).to_be_hidden()

    chat.finished()
    expect(chat.prose).to_have_text(words(300))
    assert chat.stored_texts() == [words(300)]


def test_answer_that_ended_while_away_is_there_afterwards(
    open_chat: OpenChat, server: RunningServer, line: Line
) -> None:
    witness = open_chat(server)
    witness.ask("[simulate: echo] before")
    chat = open_chat(
        server, f"/conversations/{witness.id}/", proxy={"server": line.address}
    )
    chat.watch.allow(*BROKEN)
    chat.send(paced(words(120)))
    chat.streaming("word5 ")

    line.cut()
    expect(chat.page.locator("#connection")).to_contain_text("Reconnecting in")
    expect(witness.answers).to_have_count(2)
    witness.finished()
    expect(chat.answer).to_have_attribute("data-state", "running")
    line.mend()
    retry_now(chat)

    chat.finished()
    expect(chat.prose).to_have_text(words(120))


def test_message_written_offline_waits_and_is_sent_once(
    open_chat: OpenChat, server: RunningServer, line: Line
) -> None:
    chat = open_chat(server, proxy={"server": line.address})
    chat.watch.allow(*BROKEN)
    chat.ask("[simulate: echo] before")
    line.cut()
    expect(chat.page.locator("#connection")).to_be_visible()

    chat.send("[simulate: echo] written offline")
    expect(chat.questions.last).to_contain_text("Waiting to be sent")
    line.mend()
    retry_now(chat)

    expect(chat.prose).to_have_text("written offline")
    chat.finished()
    expect(chat.questions.last).not_to_contain_text("Waiting to be sent")
    assert len(chat.stored_texts("user")) == 2


def test_offline_browser_says_so_and_catches_up(chat: Chat) -> None:
    chat.watch.allow(*BROKEN)
    chat.send(paced(words(200)))
    chat.streaming("word20 ")
    address = chat.id

    chat.page.context.set_offline(True)
    chat.page.evaluate("document.querySelector('html').dataset.seen = 'offline'")
    chat.page.context.set_offline(False)

    chat.finished()
    expect(chat.prose).to_have_text(words(200))
    assert address == chat.id


def test_restarted_and_killed_server_keeps_what_was_written(
    open_chat: OpenChat, served: Served, tmp_path: Path
) -> None:
    with served(tmp_path / "data") as first:
        chat = open_chat(first)
        chat.watch.allow(*BROKEN)
        connection = chat.page.locator("#connection")
        chat.send(paced(words(900)))
        chat.streaming("word20 ")
        first.process.terminate()
        expect(connection).to_contain_text("Reconnecting in")
        first.process.wait()

    with served(tmp_path / "data", port=first.port) as second:
        retry_now(chat)
        interrupted_with_its_text(chat)
        chat.send(paced(words(900)))
        # Enough for a checkpoint on the disk.
        chat.streaming("word120 ")
        second.process.kill()
        second.process.wait()
        expect(connection).to_contain_text("Reconnecting in")

    with served(tmp_path / "data", port=first.port):
        retry_now(chat)
        interrupted_with_its_text(chat)
        chat.answer.get_by_role("button", name="Continue").click()
        chat.finished()
        expect(chat.answers).to_have_count(2)
        chat.ask("[simulate: echo] and on")
        expect(chat.prose).to_have_text("and on")


def interrupted_with_its_text(chat: Chat) -> None:
    chat.ended("interrupted")
    expect(chat.notice).to_contain_text("Interrupted")
    kept = chat.stored_texts()[-1]
    assert kept
    assert kept == words(900)[: len(kept)]
    assert chat.source() == kept
