"""The container's health check needs a server that answers."""

from pathlib import Path

from chatapp.healthcheck import is_alive
from tests.postgres import free_port


def test_a_port_that_nobody_opens_is_not_alive(tmp_path: Path) -> None:
    assert is_alive(free_port()) is False
