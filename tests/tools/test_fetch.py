"""Our own fetching of pages: asked for, public only, text only."""

import uuid

import pytest

from chatapp.accounts.models import User
from conversations.models import ModelCard, Permission, WebTools
from conversations.tools.base import Call, ToolContext
from conversations.tools.fetch import MAX_CHARACTERS, FetchPage
from conversations.tools.running import run_call
from tests.attachments import samples
from tests.fetching.web import Answer, answer, serving


async def fetch(owner: User, answers: dict[str, bytes | Answer], url: str) -> str:
    context = ToolContext(owner.pk, uuid.uuid4(), uuid.uuid4())
    async with serving(answers) as web:
        web.knows("inside.example", ["10.0.0.5"])
        call = Call("t", "fetch_page", {"url": url})
        result = await run_call(FetchPage(web.fetcher), call, context)
    return str(result.content)


@pytest.fixture
def owner(async_db: None, alice: User) -> User:
    return alice


async def test_page_is_returned_as_text(owner: User) -> None:
    page = answer(
        b"<html><body><h1>Bees</h1><script>x()</script><p>They fly.</p></body></html>",
        content_type="text/html; charset=utf-8",
    )

    said = await fetch(owner, {"/bees": page}, "http://example.org/bees")

    assert said.startswith("http://example.org/bees\n\n")
    assert "Bees" in said
    assert "They fly." in said
    assert "x()" not in said


async def test_long_text_is_cut(owner: User) -> None:
    text = answer(b"a" * (MAX_CHARACTERS + 5), content_type="text/plain")

    said = await fetch(owner, {"/a": text}, "http://example.org/a")

    assert said.endswith("[5 characters left out]")


async def test_pdf_has_its_text(owner: User) -> None:
    pdf = answer(samples.pdf(2), content_type="application/pdf")

    said = await fetch(owner, {"/a.pdf": pdf}, "http://example.org/a.pdf")

    assert said.startswith("http://example.org/a.pdf\n\n")


async def test_picture_is_refused(owner: User) -> None:
    picture = answer(samples.picture("PNG"), content_type="image/png")

    said = await fetch(owner, {"/a.png": picture}, "http://example.org/a.png")

    assert "is a picture" in said


@pytest.mark.parametrize(
    "url", ["http://inside.example/a", "file:///etc/passwd", "nothing", "http://[/"]
)
async def test_what_is_not_public_is_refused(owner: User, url: str) -> None:
    said = await fetch(owner, {"/a": b"secret"}, url)

    assert "secret" not in said


async def test_domains_of_the_person_hold_here_too(owner: User) -> None:
    await WebTools.objects.acreate(owner=owner, blocked_domains=["example.org"])

    said = await fetch(owner, {"/a": b"words"}, "http://example.org/a")

    assert "does not allow example.org" in said


def test_person_is_asked_first() -> None:
    assert FetchPage().permission == Permission.ASK


def test_it_is_for_models_whose_servers_do_not_fetch() -> None:
    servers = {"supported": True, "web_fetch": {"supported": True}}

    assert FetchPage().fits(ModelCard(model_id="local"))
    assert not FetchPage().fits(
        ModelCard(model_id="m", capabilities={"server_tools": servers})
    )
