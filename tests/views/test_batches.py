"""The pages of batches, as a browser without JavaScript sees them."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client

from chatapp.accounts.models import User
from conversations import catalog
from conversations.models import Batch, BatchState, Conversation, ModelCard
from conversations.turns.writer import writer
from tests.batches.rows import add_item, ended_batch
from tests.views.conftest import Html, Open

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = b"review,stars\nLovely!,5\nTerrible.,1\n"


@pytest.fixture(autouse=True)
def cards() -> Any:
    catalog.load_cards()
    yield
    writer.stop()


def post(
    client: Client, *files: bytes, name: str = "reviews.csv", **fields: Any
) -> Any:
    uploads = [SimpleUploadedFile(name, content) for content in files]
    return client.post(
        "/batches/new/",
        {
            "source": "rows",
            "file": uploads,
            "template": "Is this friendly? {{review}}",
            "model": "claude-opus-5-5",
        }
        | fields,
    )


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_from_a_table_to_a_draft(signed_in: Client) -> None:
    response = post(signed_in, TABLE)

    draft = Batch.objects.get()
    assert response.status_code == 302
    assert response["Location"] == draft.get_absolute_url()
    assert (draft.title, draft.item_count, draft.state) == (
        "reviews.csv",
        2,
        BatchState.DRAFT,
    )
    page = Html(signed_in.get(response["Location"]))
    assert page.texts("pre")[:2] == [
        "Is this friendly? Lovely!",
        "Is this friendly? Terrible.",
    ]
    assert [text for text in page.texts("dd") if "about" in text] == page.texts("dd")
    assert "Run for half the price" in page.texts("button")


def test_a_draft_is_started_and_cancelled(signed_in: Client, open_page: Open) -> None:
    address = post(signed_in, TABLE)["Location"]

    assert signed_in.post(address, {"action": "start"})["Location"] == address
    assert Batch.objects.get().state == BatchState.QUEUED
    page = open_page(address)
    assert page.texts(css_class="batch-state")[0] == "Waiting to be sent"
    assert page.one("div", id="batch").attributes["data-refresh-seconds"] == "3"

    signed_in.post(address, {"action": "cancel"})
    assert Batch.objects.get().is_cancelling
    assert open_page(address).texts(css_class="batch-state")[0] == "Cancelling"
    assert signed_in.post(address, {"action": "nonsense"})["Location"] == address


@pytest.mark.parametrize(
    ("files", "fields", "words"),
    [
        ([], {}, "Choose a file."),
        ([TABLE, TABLE], {}, "Choose one table, or ask about files."),
        ([TABLE], {"template": "{{reviw}}"}, "The table has no column “reviw”."),
        ([TABLE], {"template": ""}, "This field is required."),
        ([b"a,a\n1,2"], {}, "Two columns are named “a”."),
        ([TABLE], {"model": "claude-2"}, "Select a valid choice."),
        (
            [TABLE],
            {"effort": "max", "thinking": "disabled"},
            "has no thinking 'disabled'",
        ),
        ([b"\0\1\2\0"], {"source": "files"}, "Allowed are"),
    ],
)
def test_what_does_not_do_is_said_in_place(
    signed_in: Client, files: list[bytes], fields: dict[str, str], words: str
) -> None:
    response = post(signed_in, *files, **fields)

    assert response.status_code == 422
    assert words in " ".join(Html(response).texts("ul", "errorlist"))
    assert not Batch.objects.exists()


def test_one_request_for_each_file(signed_in: Client) -> None:
    uploads = [
        SimpleUploadedFile(name, f"About {name}".encode())
        for name in ("a.txt", "b.txt")
    ]

    post(signed_in, source="files", file=uploads, template="Sum up.", title="Two")

    batch = Batch.objects.get()
    assert (batch.title, batch.columns) == ("Two", ["file"])
    items = batch.items.order_by("position")
    assert [item.label for item in items] == ["a.txt", "b.txt"]
    assert items[0].blocks[0]["source"]["type"] == "attachment"
    assert items[0].blocks[1] == {"type": "text", "text": "Sum up."}


def test_without_a_model_that_runs_batches(open_page: Open) -> None:
    ModelCard.objects.update(capabilities={"batch": {"supported": False}})

    assert "runs batches" in open_page("/batches/new/").one("main").text


def test_the_form_begins_as_an_earlier_batch(
    open_page: Open, alice: User, bob: User
) -> None:
    mine, theirs = ended_batch(alice), ended_batch(bob)

    page = open_page(f"/batches/new/?from={mine.id}")
    assert page.one("textarea").text == "Translate {{word}} into {{language}}."
    for other in (theirs.id, "x"):
        page = open_page(f"/batches/new/?from={other}")
        assert page.one("textarea").text == ""


def test_the_list_shows_ones_own(open_page: Open, alice: User, bob: User) -> None:
    ended_batch(alice, "Haus", title="Mine")
    ended_batch(bob, title="Theirs")
    Batch.objects.create(owner=alice, title="Half made")

    page = open_page("/batches/")

    assert page.texts("th", scope="row") == ["Mine"]
    assert page.texts("td")[:2] == ["Ended", "2"]


def test_the_results_and_their_outcomes(open_page: Open, alice: User) -> None:
    batch = ended_batch(alice, "Haus", "Baum <b>")

    page = open_page(batch.get_absolute_url())
    assert page.texts("td", "batch-table__answer") == [
        "Haus",
        "Baum <b>",
        "Claude is overloaded at the moment.",
    ]
    assert "Cost: $0.005" in page.one("main").text
    assert page.all("meta", http_equiv="refresh") == []

    failed = open_page(f"{batch.get_absolute_url()}?outcome=errored")
    assert failed.texts("th", scope="row") == ["broken"]
    assert len(open_page(f"{batch.get_absolute_url()}?outcome=x").all("tr")) == 4


def test_long_results_have_pages(open_page: Open, alice: User) -> None:
    batch = ended_batch(alice)
    for position in range(1, 60):
        add_item(batch, position, f"word {position}")

    page = open_page(f"{batch.get_absolute_url()}?page=2&outcome=waiting")

    assert len(page.texts("th", scope="row")) == 9
    assert page.all("a", href="?outcome=waiting&page=1")


def test_a_request_has_a_page_and_opens_as_a_conversation(
    signed_in: Client, open_page: Open, alice: User
) -> None:
    item = ended_batch(alice, "Haus").items.get(position=0)

    page = open_page(item.get_absolute_url())
    assert page.texts("pre") == ["Translate word 0 into German.", "Haus"]

    response = signed_in.post(item.get_absolute_url())
    conversation = Conversation.objects.get()
    assert response["Location"] == conversation.get_absolute_url()
    assert "Haus" in open_page(response["Location"]).one("main").text


def test_an_unanswered_request_opens_nothing(signed_in: Client, alice: User) -> None:
    item = ended_batch(alice).items.get()

    assert (
        signed_in.post(item.get_absolute_url())["Location"] == item.get_absolute_url()
    )
    assert not Conversation.objects.exists()


def test_a_batch_is_deleted_when_it_is_not_under_way(
    signed_in: Client, alice: User
) -> None:
    batch = ended_batch(alice)
    address = f"{batch.get_absolute_url()}delete/"
    Batch.objects.update(state=BatchState.RUNNING)
    assert "Cancel it first" in signed_in.get(address).text
    assert signed_in.post(address).status_code == 200

    Batch.objects.update(state=BatchState.ENDED)
    assert signed_in.post(address)["Location"] == "/batches/"
    assert not Batch.objects.exists()


async def test_the_results_are_downloaded(alice: User) -> None:
    client = AsyncClient()
    await client.aforce_login(alice)
    batch = await Batch.objects.acreate(owner=alice, title="Größe", columns=["a"])

    for ending, media_type in (("csv", "text/csv"), ("jsonl", "application/x-ndjson")):
        response = await client.get(f"/batches/{batch.id}/results.{ending}")
        assert response["Content-Type"] == f"{media_type}; charset=utf-8"
        assert response["Content-Disposition"] == (
            f"attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.{ending}"
        )
        assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("method", ["post", "get"])
def test_strangers_change_nothing(
    client: Client, alice: User, charlie: User, method: str
) -> None:
    batch = ended_batch(alice, "Haus")
    item = batch.items.get(position=0)
    client.force_login(charlie)

    for address in (
        batch.get_absolute_url(),
        f"{batch.get_absolute_url()}delete/",
        item.get_absolute_url(),
    ):
        assert getattr(client, method)(address).status_code == 404
    assert Batch.objects.exists()


def test_a_message_that_can_wait_without_javascript(
    signed_in: Client, open_page: Open
) -> None:
    box = open_page("/").one("input", name="later")
    assert box.is_shown

    response = signed_in.post(
        "/conversations/",
        {
            "text": "Good night",
            "later": "on",
            "model": "claude-opus-5-5",
            "client_id": str(uuid.uuid4()),
        },
    )

    page = open_page(response["Location"])
    assert "To be answered within a day" in page.one("main").text
    [refresh] = page.all("meta", http_equiv="refresh")
    assert refresh.attributes["content"] == "60"
    assert Batch.objects.get().state == BatchState.QUEUED
    # It shows in its conversation, not among the batches.
    assert open_page("/batches/").all("tr") == []
    assert signed_in.get(Batch.objects.get().get_absolute_url()).status_code == 404


def test_a_model_without_batches_cannot_wait(open_page: Open) -> None:
    ModelCard.objects.update(capabilities={"batch": {"supported": False}})

    assert not open_page("/").one("input", name="later").is_shown
