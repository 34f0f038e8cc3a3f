"""Whatever people and Claude wrote is shown as text, on every page of the admin."""

from html.parser import HTMLParser

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import Attachment, ModelCard, State
from tests.admin.conftest import ADMIN, page_of
from tests.conftest import MakeUser
from tests.golden import hostile_sources
from tests.views.stories import Story, book

BAIT = "bait"
TEXTS = [
    f'<script src="/{BAIT}"></script>',
    f'<img src=/{BAIT} onerror="{BAIT}()">',
    f'"><svg onload={BAIT}()>',
    f"' autofocus onfocus={BAIT}() x='",
    f"</pre></details><iframe src=//{BAIT}.example>",
    f"</textarea><style>@import '/{BAIT}'</style>",
    f"javascript:{BAIT}()",
    f"{{% include '{BAIT}' %}}{{{{ {BAIT} }}}}",
]


class Findings(HTMLParser):
    """Elements and attributes of a page that carry the bait, or run something."""

    TEXT_ATTRIBUTES = frozenset({"value", "alt", "title", "aria-label"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            # A filter's link names in its query what it filters by.
            is_text = name in self.TEXT_ATTRIBUTES or (value or "").startswith("?")
            carries = BAIT in (value or "") and not is_text
            if carries or name.startswith("on") or name == "style":
                self.found.append(f"{tag} {name}={value}")
        if tag == "iframe":
            self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_story(owner: User, text: str) -> list[str]:
    """Put `text` wherever a person or Claude can write; return the pages of it all."""
    story = Story(owner, title=text)
    prefix = story.conversation.prefix
    prefix.system, prefix.tools, prefix.metadata_user_id = text, [{"name": text}], text
    prefix.save()
    attachment = Attachment.objects.create(
        owner=owner,
        kind="text",
        name=text,
        sha256="0" * 64,
        size_bytes=1,
        sent_size_bytes=1,
        media_type="text/plain",
    )
    question = story.ask(text)
    question.attachments.add(attachment)
    document = {"attachment": str(attachment.id), "title": text, "kind": "text"}
    error = {"type": text, "message": text, "request_id": text, "retryable": True}
    answer = story.answer(
        question, state=State.FAILED, error=error, documents=[document], effort="low"
    )
    place = {"type": "char_location", "document_index": 0, "cited_text": text}
    answer.content = [
        {"type": "thinking", "thinking": text},
        {"type": "text", "text": text, "citations": [place]},
        {"type": "tool_use", "name": text, "input": {text: text}},
        {"type": "mystery", text: text},
    ]
    answer.upstream_id = answer.model = text
    answer.stop_details = {"explanation": text}
    answer.save()
    turn = answer.turn
    assert turn
    turn.model = text
    turn.save()
    record = book(turn, request_id=text, prices={text: text})
    card = ModelCard.objects.create(
        model_id=f"card{story.conversation.id}", display_name=text, line="x"
    )
    card.capabilities = {text: text}
    card.save()
    return [
        "/conversation/",
        page_of(story),
        "/message/",
        f"/message/{question.id}/change/",
        f"/message/{answer.id}/change/",
        "/attachment/",
        f"/attachment/{attachment.id}/change/",
        "/turn/",
        f"/turn/{turn.id}/change/",
        "/usagerecord/",
        f"/usagerecord/{record.id}/change/",
        "/modelcard/",
        f"/modelcard/{card.model_id}/change/",
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_that_was_written_becomes_markup(
    client: Client, root: User, make_user: MakeUser, text: str
) -> None:
    client.force_login(root)
    pages = hostile_story(make_user(text), text)

    shown = {path: Findings(client.get(f"{ADMIN}{path}").text) for path in pages}
    index = Findings(client.get("/admin/").text)

    assert {path: page.found for path, page in shown.items() if page.found} == {}
    assert index.found == []
    assert [path for path, page in shown.items() if BAIT not in page.text] == []


def test_hostile_markdown_is_rendered_by_the_one_renderer(
    client: Client, root: User, alice: User
) -> None:
    client.force_login(root)
    story, last = Story(alice), None
    for source in hostile_sources().values():
        last = story.answer(story.ask("Q", last))
        last.content = [{"type": "text", "text": source}]
        last.save()
    found: list[str] = []
    address = f"{ADMIN}{page_of(story)}"

    while address:
        page = Findings(client.get(address).text)
        found += page.found
        address = older(client, address)

    assert found == []


def older(client: Client, address: str) -> str:
    transcript = client.get(address).context["transcript"]
    if not transcript.before:
        return ""
    path = address.partition("?")[0]
    return f"{path}?leaf={transcript.leaf}&before={transcript.before}"


def test_the_finder_finds() -> None:
    page = (
        f'<p onclick="x()">a</p><a href="/{BAIT}">b</a><iframe></iframe><b style="x">'
    )

    assert Findings(page).found == [
        "p onclick=x()",
        f"a href=/{BAIT}",
        "iframe",
        "b style=x",
    ]
