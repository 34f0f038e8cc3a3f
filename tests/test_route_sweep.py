"""Every route, asked by everybody who must not get alice's rows.

A route that is not in a table below fails the sweep: nobody can add one unseen.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from chatapp.accounts.models import User
from conversations.models import (
    Attachment,
    Compaction,
    Kind,
    McpServer,
    MemoryFile,
    State,
)
from conversations.simulator.made_files import made_file_id
from tests.batches.rows import ended_batch
from tests.inspection.keeping import keep
from tests.prompts.conftest import Thread

SECRET = "alice's secret"

# Answered to everybody: each has a reason.
PUBLIC = {
    "conversations:healthz": "probes carry no session",
    "conversations:readyz": "probes carry no session",
    "account_login": "where one logs in",
    "account_signup": "closed by its adapter unless SIGNUP=open",
    "account_inactive": "says that an account is closed",
    "account_logout": "sends to the log-in page",
    "favicon": "leads to a static file",
    "setup": "dead once an administrator exists; its token is the key",
}
# Show the asker's own things only, so that nothing of alice's can be named.
OWN = {
    "conversations:home",
    "conversations:conversations",
    "conversations:sidebar",
    "conversations:attachments",
    "conversations:count_draft",
    "conversations:json_schema",
    "conversations:preferences",
    "conversations:memory",
    "conversations:tools",
    "conversations:usage",
    "conversations:usage_csv",
    "conversations:batches",
    "conversations:new_batch",
    "conversations:tool_servers",
    "conversations:tool_server_callback",
    "conversations:web_tools",
    "account_change_password",
    "account_reauthenticate",
}
# Name one of alice's rows.
FOREIGN = {
    "conversations:conversation",
    "conversations:conversation_json",
    "conversations:messages",
    "conversations:message",
    "conversations:turn",
    "conversations:requests",
    "conversations:request_file",
    "conversations:rename",
    "conversations:delete",
    "conversations:compact",
    "conversations:compact_itself",
    "conversations:cancel_compaction",
    "conversations:attachment",
    "conversations:attachment_original",
    "conversations:attachment_thumbnail",
    "conversations:code_file",
    "conversations:batch",
    "conversations:batch_csv",
    "conversations:batch_item",
    "conversations:batch_jsonl",
    "conversations:delete_batch",
    "conversations:memory_file",
    "conversations:tool_server",
    "conversations:act_on_tool_server",
}
# What a GET does not answer, their owner neither.
POST_ONLY = {
    "conversations:rename",
    "conversations:act_on_tool_server",
    "conversations:compact",
    "conversations:compact_itself",
    "conversations:cancel_compaction",
}


def routes() -> Iterator[tuple[str, list[str]]]:
    """Yield each named route outside the admin with its arguments' names."""

    def walk(
        patterns: list[Any], namespace: str, before: list[str]
    ) -> Iterator[tuple[str, list[str]]]:
        for item in patterns:
            arguments = before + list(item.pattern.converters)
            if isinstance(item, URLResolver):
                if item.app_name == "admin":
                    continue
                inner = f"{item.namespace}:" if item.namespace else namespace
                yield from walk(item.url_patterns, inner, arguments)
            elif isinstance(item, URLPattern):
                yield f"{namespace}{item.name}", arguments

    yield from walk(get_resolver().url_patterns, "", [])


@pytest.fixture
def rows(alice: User) -> dict[str, Any]:
    """One of everything of alice's, by the name of the argument."""
    thread = Thread(alice)
    thread.conversation.title = SECRET
    thread.conversation.save()
    question = thread.user(SECRET)
    turn = thread.turn(state=State.COMPLETED, stop_reason="end_turn")
    thread.turn(state=State.FAILED, error={"type": "api_error", "message": SECRET})
    made = {"type": "code_execution_output", "file_id": made_file_id(SECRET, 1)}
    run = {"type": "code_execution_result", "content": [made]}
    thread.claude(
        SECRET,
        {"type": "server_tool_use", "id": "call", "name": "code_execution"},
        {"type": "code_execution_tool_result", "tool_use_id": "call", "content": run},
        turn=turn,
        round=1,
        model="claude-opus-5-5",
    )
    attachment = Attachment(
        owner=alice,
        kind=Kind.TEXT,
        name=SECRET,
        sha256="0" * 64,
        size_bytes=5,
        sent_size_bytes=5,
        media_type="text/plain",
    )
    attachment.file.save("a.txt", ContentFile(SECRET.encode()), save=False)
    attachment.original.save("a.html", ContentFile(SECRET.encode()), save=False)
    attachment.thumbnail.save("a.webp", ContentFile(SECRET.encode()), save=False)
    attachment.save()
    batch = ended_batch(alice, SECRET, title=SECRET)
    server = McpServer.objects.create(
        owner=alice, title=SECRET, name="hers", url="https://x.test/"
    )
    memory = MemoryFile.objects.create(
        owner=alice, path=f"/memories/{SECRET}", content=SECRET
    )
    keep(turn, {"model": SECRET, "messages": [{"role": "user", "content": []}]})
    compaction = Compaction.objects.create(
        conversation=thread.conversation,
        message=turn.messages.get(),
        state=State.COMPLETED,
        model="claude-opus-5-5",
        content=[{"type": "text", "text": SECRET}],
    )
    return {
        "compaction_id": compaction.id,
        "conversation_id": thread.conversation.id,
        "message_id": question.id,
        "turn_id": turn.id,
        "attachment_id": attachment.id,
        "call_id": "call",
        "batch_id": batch.id,
        "item_id": batch.items.get(position=0).id,
        "number": 1,
        "name": "request.json",
        "server_id": server.id,
        "memory_id": memory.id,
        "action": "list",
    }


@pytest.fixture
def strangers(bob: User, charlie: User, sam: User, client: Client) -> dict[str, Client]:
    """Anonymous, one who may get a share one day, a stranger, powerless staff."""
    clients = {"anonymous": client}
    for user in (bob, charlie, sam):
        clients[user.username] = Client()
        clients[user.username].force_login(user)
    return clients


def test_every_route_is_in_a_table() -> None:
    known = FOREIGN | OWN | set(PUBLIC)
    redirects = {name for name, _ in routes() if name.endswith("None")}

    assert {name for name, _ in routes()} - known - redirects == set()


@pytest.mark.parametrize("name", sorted(FOREIGN))
@pytest.mark.parametrize("method", ["get", "post", "head", "put", "delete"])
def test_foreign_rows_are_never_answered(
    name: str,
    method: str,
    rows: dict[str, Any],
    strangers: dict[str, Client],
) -> None:
    arguments = dict(routes())[name]
    url = reverse(name, kwargs={key: rows[key] for key in arguments})

    for person, asker in strangers.items():
        answer = getattr(asker, method)(url)
        body = b"".join(answer) if answer.streaming else answer.content

        # 302 leads the anonymous to the log-in page; 405 knows no such method.
        allowed = {302, 405} if person == "anonymous" else {404, 405}
        assert answer.status_code in allowed, (person, answer.status_code)
        assert SECRET.encode() not in body
        if answer.status_code == 302:
            assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", sorted(FOREIGN - POST_ONLY))
def test_the_owner_gets_them(
    name: str, rows: dict[str, Any], alice: User, client: Client
) -> None:
    """Without this the sweep could pass on addresses that answer nobody."""
    client.force_login(alice)
    arguments = dict(routes())[name]
    url = reverse(name, kwargs={key: rows[key] for key in arguments})

    assert client.get(url).status_code == 200


@pytest.mark.parametrize("name", sorted(OWN))
def test_own_pages_want_a_session_and_name_nobody_else(
    name: str, rows: dict[str, Any], strangers: dict[str, Client]
) -> None:
    url = reverse(name)

    for person, asker in strangers.items():
        answer = asker.get(url, follow=False)
        assert SECRET.encode() not in answer.content
        if person == "anonymous":
            assert answer.status_code in {302, 401, 405}, answer.status_code


@pytest.mark.parametrize("model", ["conversation", "message", "attachment", "turn"])
def test_admin_shows_staff_without_permission_nothing(
    model: str, rows: dict[str, Any], strangers: dict[str, Client]
) -> None:
    index = reverse(f"admin:conversations_{model}_changelist")
    page = reverse(f"admin:conversations_{model}_change", args=[rows[f"{model}_id"]])

    for person, asker in strangers.items():
        for url in (index, page):
            answer = asker.get(url)
            assert answer.status_code == (403 if person == "sam" else 302), person
            assert SECRET.encode() not in answer.content
