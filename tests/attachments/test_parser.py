import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from conversations.attachments.errors import UploadRefused
from conversations.attachments.parser import Parsed, parse
from conversations.models import Kind
from tests.attachments import samples

TEXT = b"words and more words"


@pytest.fixture
def source() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(TEXT)
        file.flush()
        yield file


def program(code: str) -> tuple[str, ...]:
    """Return the command of a child that does something else."""
    prelude = (
        "import os, sys, json, time\n"
        "from conversations.attachments.parts import write_part\n"
        "def say(name, body): write_part(sys.stdout.buffer, (name, body))\n"
        'FACTS = b\'{"kind": "text", "media_type": "text/plain"}\'\n'
    )
    return (sys.executable, "-c", prelude + code)


async def refusal(source: IO[bytes], command: tuple[str, ...]) -> tuple[str, int]:
    with pytest.raises(UploadRefused) as caught:
        await parse(source, command=command, wait_seconds=5)
    return (caught.value.type, caught.value.status)


async def test_the_child_reads_from_the_beginning(source: IO[bytes]) -> None:
    assert await parse(source) == Parsed(
        kind=Kind.TEXT, media_type="text/plain", sent=TEXT, characters=len(TEXT)
    )


async def test_a_refusal_comes_back_as_it_was_raised() -> None:
    with tempfile.TemporaryFile() as source:
        source.write(samples.pdf(601))
        source.flush()

        with pytest.raises(UploadRefused) as caught:
            await parse(source)

    assert caught.value.type == "pdf_too_long"
    assert caught.value.status == 422
    assert caught.value.message.startswith("This PDF has 601 pages")


@pytest.mark.parametrize(
    "code",
    [
        "os.abort()",
        "sys.exit(3)",
        "raise ValueError",
        "pass",
        "print('no part')",
        "sys.stdout.write('facts 1000000\\n{}')",
        'say(\'facts\', b\'{"kind": "image", "media_type": "text/html"}\')',
        "os.kill(os.getpid(), 24)",
    ],
)
async def test_a_crash_is_a_refusal(source: IO[bytes], code: str) -> None:
    assert await refusal(source, program(code)) == ("file_too_complex", 422)


async def test_a_child_that_hangs_is_killed(source: IO[bytes], tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = program(
        f"open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    )

    with pytest.raises(UploadRefused, match="took too long"):
        await parse(source, command=command, wait_seconds=1)

    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


async def test_a_cancelled_upload_kills_its_child(
    source: IO[bytes], tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    command = program(
        f"open({str(note)!r}, 'w').write(f'{{os.getpid()}}.'); time.sleep(600)"
    )
    task = asyncio.create_task(parse(source, command=command))
    while not (note.exists() and note.read_text().endswith(".")):  # noqa: ASYNC110
        await asyncio.sleep(0.01)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text().rstrip(".")), 0)


async def test_what_was_finished_before_a_crash_counts(source: IO[bytes]) -> None:
    command = program("say('facts', FACTS); say('thumbnail', b'x'); os.abort()")

    assert await parse(source, command=command) == Parsed(
        kind=Kind.TEXT, media_type="text/plain", sent=None, thumbnail=b"x"
    )


async def test_the_child_gets_no_secret(
    source: IO[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    command = program(
        "say('sent', json.dumps(dict(os.environ)).encode()); say('facts', FACTS)"
    )

    parsed = await parse(source, command=command)

    names = set(json.loads(parsed.sent or b""))
    assert names - {"LC_CTYPE", "LD_LIBRARY_PATH"} == {"PYTHONPATH", "PYTHONUTF8"}


async def test_two_children_run_at_once_and_no_more(
    source: IO[bytes], tmp_path: Path
) -> None:
    command = program(
        f"path = {str(tmp_path)!r} + '/' + str(os.getpid())\n"
        "open(path, 'w').close(); time.sleep(0.3)\n"
        f"say('sent', str(len(os.listdir({str(tmp_path)!r}))).encode())\n"
        "os.remove(path); say('facts', FACTS)"
    )

    parsed = await asyncio.gather(*(parse(source, command=command) for _ in range(5)))

    assert max(int(one.sent or b"0") for one in parsed) <= 2


def test_no_process_is_left_and_no_file_is_open(source: IO[bytes]) -> None:
    asyncio.run(parse_once(source))
    before = open_files(), children()

    asyncio.run(parse_once(source))

    assert (open_files(), children()) == before


async def parse_once(source: IO[bytes]) -> None:
    await parse(source)


def children() -> set[str]:
    """Return the processes of this one; servers of other tests may be among them."""
    lists = Path("/proc/self/task").glob("*/children")
    return {pid for listed in lists for pid in listed.read_text().split()}


def open_files() -> list[str]:
    return sorted(path.name for path in Path("/dev/fd").iterdir())
