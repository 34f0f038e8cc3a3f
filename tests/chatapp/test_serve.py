"""`manage.py serve` as a person meets it: the first start, the second, the end."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.postgres import free_port
from tests.serving import (
    ROOT,
    RunningServer,
    running_server,
    server_environment,
)

MIB = 1024 * 1024
UPLOAD_BYTES = 30 * MIB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("serve") / "data") as server:
        yield server


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+)", status)
    assert match is not None
    return int(match[1])


def test_the_first_start_prints_where_it_is_and_one_set_up_link(
    server: RunningServer,
) -> None:
    # Lines of the log may stand before and after it.
    end = "Ctrl+C.\n"
    start = server.output.index("Colloquy answers")
    banner = server.output[start : server.output.index(end) + len(end)]
    link = re.search(r"http://localhost:\d+/setup/[\w-]{43}/", banner)

    assert link is not None
    assert banner == (
        f"Colloquy answers at http://localhost:{server.port}/\n"
        "  Claude    simulated answers (set ANTHROPIC_API_KEY for real ones)\n"
        f"  Data      {server.data_dir}\n"
        "  Database  sqlite\n"
        "\n"
        "Nobody can log in yet. Make the first administrator here (works once):\n"
        f"  {link[0]}\n"
        "\n"
        "Stop it with Ctrl+C.\n"
    )


def test_what_it_keeps_is_for_its_owner_alone(server: RunningServer) -> None:
    modes = {
        path.name: oct(path.stat().st_mode)[-3:]
        for path in [server.data_dir, *server.data_dir.iterdir()]
    }

    assert [name for name, mode in modes.items() if not mode.endswith("00")] == []


def test_a_second_server_on_the_same_data_says_so_and_ends(
    server: RunningServer,
) -> None:
    second = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=server_environment(server.data_dir, free_port()),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (second.returncode, second.stderr) == (
        1,
        f"CommandError: Another Colloquy already runs on {server.data_dir}. Stop it "
        "first, or start this one with another DATA_DIR and PORT.\n",
    )


def test_pages_name_collected_files_that_are_cached_for_ever(
    server: RunningServer,
) -> None:
    page = httpx.get(f"{server.url}/accounts/login/").text
    paths = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    answers = [httpx.get(server.url + path) for path in paths]

    assert paths
    assert [
        (
            answer.status_code,
            answer.headers["Cache-Control"],
            answer.headers["X-Content-Type-Options"],
            answer.headers["Cross-Origin-Resource-Policy"],
        )
        for answer in answers
    ] == [
        (200, "max-age=315360000, public, immutable", "nosniff", "same-origin")
    ] * len(paths)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory use from /proc")
def test_a_large_upload_leaves_the_memory_flat(server: RunningServer) -> None:
    before = resident_kib(server.process.pid)

    answer = httpx.post(
        f"{server.url}/accounts/login/",
        files={"file": ("large.bin", b"x" * UPLOAD_BYTES)},
        timeout=60,
    )
    growth = (resident_kib(server.process.pid) - before) * 1024

    # The check of the form's token has read the whole form by now.
    assert answer.status_code == 403
    assert growth < 20 * MIB


def test_an_address_it_does_not_answer_at_gets_the_setting_to_change(
    server: RunningServer,
) -> None:
    answer = httpx.get(server.url, headers={"Host": "chat.example.com"})

    assert answer.status_code == 400
    assert "PUBLIC_URL=http://chat.example.com" in answer.text


def test_a_second_start_keeps_administrators_and_ends_in_order(
    server: RunningServer, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    # Collected already, so that this test does not do it again.
    collected: dict[str, Any] = {"STATIC_ROOT": str(server.data_dir / "static")}
    account: dict[str, Any] = {
        "ADMIN_USERNAME": "root",
        "ADMIN_PASSWORD": "correct horse battery",
    }
    with running_server(data_dir, **collected, **account) as first:
        assert "Colloquy answers" in first.output
        assert "/setup/" not in first.output
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(timeout=20) == 0

    with running_server(data_dir, **collected) as second:
        assert "Colloquy answers" in second.output
        assert "/setup/" not in second.output
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ({"PORT": "eighty"}, "PORT must be a whole number from 1 to 65535"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must list exact host names"),
        ({"ADMIN_USERNAME": "root"}, "ADMIN_USERNAME and ADMIN_PASSWORD belong"),
        (
            {"ADMIN_USERNAME": "root", "ADMIN_PASSWORD": "1234"},
            "ADMIN_USERNAME and ADMIN_PASSWORD must make an acceptable account",
        ),
        (
            {"STATIC_ROOT": "/nonexistent", "DEBUG": "0"},
            "STATIC_ROOT must name a folder",
        ),
        (
            {
                "DATABASE_URL": "postgres://nobody:none@127.0.0.1:1/none",
                "DATABASE_WAIT_SECONDS": "0",
            },
            "The database does not answer",
        ),
    ],
)
def test_a_wrong_setting_stops_the_start_with_what_was_expected(
    settings: dict[str, str], refusal: str, tmp_path: Path
) -> None:
    # Nothing to collect: only the refusal matters here.
    run = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=server_environment(tmp_path, free_port()) | {"DEBUG": "1"} | settings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert refusal in run.stderr
