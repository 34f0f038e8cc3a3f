import json
import os
import resource
import subprocess
import sys

import pytest

from conversations.attachments import child

ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def run(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-S", "-s", "-P", "-c", code],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_no_reader_meets_django() -> None:
    done = run(
        "import sys\n"
        "from conversations.attachments import child, images, pdf, text\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in\n"
        "    ('django', 'chatapp', 'httpx', 'asgiref', 'asyncio', 'socket')))"
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_only_the_decoder_that_is_needed_is_loaded() -> None:
    done = run(
        "import sys\n"
        "from conversations.attachments import child\n"
        "list(child.read(b'words'))\n"
        "print([name for name in ('PIL', 'pypdfium2') if name in sys.modules])"
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="macOS lacks some limits")
def test_the_limits_hold() -> None:
    done = run(
        "import json, resource\n"
        "from conversations.attachments import child\n"
        "child.limit_resources()\n"
        "print(json.dumps([resource.getrlimit(which) for which, _ in child.LIMITS]))"
    )

    assert json.loads(done.stdout) == [[limit, limit] for _, limit in child.LIMITS]
    assert dict(child.LIMITS)[resource.RLIMIT_AS] == 512 * 1024 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no limit of memory")
def test_more_memory_than_allowed_is_not_had() -> None:
    done = run(
        "from conversations.attachments import child\n"
        "child.limit_resources()\n"
        "bytearray(2**30)"
    )

    assert done.stderr.endswith("MemoryError\n")


def test_what_decoders_print_does_not_reach_the_parts() -> None:
    done = run(
        "import os, sys\n"
        "from conversations.attachments import child\n"
        "child.read = lambda *_: [os.write(1, b'noise'), ('facts', b'{}')][1:]\n"
        "child.main()"
    )

    assert (done.stdout, done.stderr) == ("facts 2\n{}", "noise")


def test_reading_here_limits_nobody() -> None:
    before = resource.getrlimit(resource.RLIMIT_CPU), sys.getrecursionlimit()

    list(child.read(b"<html><p>words</html>"))

    assert before == (resource.getrlimit(resource.RLIMIT_CPU), sys.getrecursionlimit())
