"""What a batch is made of: tables, prompts with places, and the limits."""

import pytest

from chatapp.accounts.models import User
from conversations.batches import planning
from conversations.batches.errors import BatchRefused
from conversations.batches.planning import plan_rows
from conversations.batches.tables import Row, read_table
from conversations.batches.templates import Template
from conversations.models import Batch, BatchItem, BatchState
from tests.batches.conftest import Make, World, outcomes


@pytest.mark.parametrize(
    ("content", "columns", "cells"),
    [
        (b"a,b\n1,2\n", ["a", "b"], ["1", "2"]),
        (b"a;b\r\n1;2\r\n", ["a", "b"], ["1", "2"]),
        (b"a\tb\n1\t2", ["a", "b"], ["1", "2"]),
        (b"\xef\xbb\xbfa, b \n1,", ["a", "b"], ["1", ""]),
        (
            b'a,b\n"one\nline, more","say ""hi"""\n',
            ["a", "b"],
            ["one\nline, more", 'say "hi"'],
        ),
        ("größe in mm\nabout 12 µ\n".encode("cp1252"), ["größe in mm"], ["about 12 µ"]),
        ("a,b\n1,2\n".encode("utf-16"), ["a", "b"], ["1", "2"]),
        (b"a,b\n\n , \n1\n", ["a", "b"], ["1", ""]),
        (b"a,b\n1,2,,\n", ["a", "b"], ["1", "2"]),
    ],
)
def test_tables_of_all_dialects(
    content: bytes, columns: list[str], cells: list[str]
) -> None:
    table = read_table(content)

    assert table.columns == columns
    assert [row.cells for row in table.rows()] == [cells]


def test_a_row_knows_its_line() -> None:
    table = read_table(b'a\n"x\ny"\n\nz\n')

    assert list(table.rows()) == [Row(3, ["x\ny"]), Row(5, ["z"])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,,c\n1,2,3", "Column 2 has no name"),
        (b"a,A\n1,2", "Two columns"),
        (b"a,b\n1,2,3", "Line 2 has 3 cells"),
        (b'a,b\n"1,2\n3,4\n', "Line 3 is not readable"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no text"),
        (b"\xff\xfe\0", "no text"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(BatchRefused) as refused:
        list(read_table(content).rows())

    assert words in refused.value.message
    assert refused.value.field == "file"


def test_places_are_filled_once() -> None:
    template = Template("{{ Word }} is {{word}}, not {word} or {{}}", ["x", "word"])

    assert (
        template.fill(["", "{{x}} \\1"]) == "{{x}} \\1 is {{x}} \\1, not {word} or {{}}"
    )


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("Translate {{wrod}} and {{a}}", "no column “wrod”. It has: “a”, “b”."),
        ("Translate", "names no column"),
    ],
)
def test_missing_columns_are_named(prompt: str, words: str) -> None:
    with pytest.raises(BatchRefused) as refused:
        plan_rows(read_table(b"a,b\n1,2"), prompt)

    assert words in refused.value.message


async def test_a_draft_has_an_item_for_each_row(draft: Make, alice: User) -> None:
    batch = await draft("word,language\nHouse,German\n,\n ,\nTree,\n")

    items = [item async for item in batch.items.order_by("position")]
    assert (batch.state, batch.item_count) == (BatchState.DRAFT, 2)
    assert [item.blocks[0]["text"] for item in items] == [
        "Translate House into German.",
        "Translate Tree into .",
    ]
    assert items[1].custom_id == f"{batch.id.hex}-1"
    assert batch.columns == ["word", "language"]
    assert 0 < batch.size_bytes < 2_000


async def test_a_row_without_values_asks_nothing(draft: Make) -> None:
    batch = await draft("word,language,note\nHouse,German,\n,,x\n", "Say {{word}}")

    assert await outcomes(batch) == {"House": "waiting", "x": "errored"}


@pytest.mark.parametrize(
    ("limit", "words"),
    [("MAX_REQUESTS", "more than 2 rows"), ("MAX_BODY_BYTES", "more than 0 MB")],
)
async def test_limits_come_before_anything_is_stored(
    limit: str, words: str, draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, limit, 2)

    with pytest.raises(BatchRefused, match=words):
        await draft()

    assert not await Batch.objects.aexists()


async def test_many_rows_are_stored_in_pieces(draft: Make, world: World) -> None:
    rows = "".join(f"w{number},x\n" for number in range(250))

    batch = await draft(f"word,language\n{rows}")

    assert batch.item_count == await BatchItem.objects.acount() == 250


async def test_nothing_to_ask_is_refused(draft: Make) -> None:
    with pytest.raises(BatchRefused, match="nothing to ask"):
        await draft("word,language\n")
