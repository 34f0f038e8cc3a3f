"""What the environment says becomes the settings, and nothing unsafe does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.serving import ROOT, server_environment

READ = """
import json, sys
from chatapp import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def settings_of(data_dir: Path, names: list[str], **environment: str) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", READ, *names],
        cwd=ROOT,
        env=server_environment(data_dir, 8000) | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def test_https_in_public_url_switches_everything_on_that_needs_it(
    tmp_path: Path,
) -> None:
    names = [
        "ALLOWED_HOSTS",
        "CSRF_COOKIE_NAME",
        "CSRF_COOKIE_SECURE",
        "CSRF_TRUSTED_ORIGINS",
        "SECURE_HSTS_SECONDS",
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "TRUSTED_ORIGINS",
    ]

    plain = settings_of(tmp_path, names)
    secure = settings_of(tmp_path, names, PUBLIC_URL="https://chat.example.com")

    local = ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"]
    assert plain == {
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "CSRF_COOKIE_NAME": "csrftoken",
        "CSRF_COOKIE_SECURE": False,
        "CSRF_TRUSTED_ORIGINS": local,
        "SECURE_HSTS_SECONDS": 0,
        "SECURE_SSL_REDIRECT": False,
        "SESSION_COOKIE_NAME": "sessionid",
        "SESSION_COOKIE_SECURE": False,
        "TRUSTED_ORIGINS": local,
    }
    assert secure == {
        "ALLOWED_HOSTS": ["chat.example.com"],
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_TRUSTED_ORIGINS": ["https://chat.example.com"],
        "SECURE_HSTS_SECONDS": 63072000,
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "SESSION_COOKIE_SECURE": True,
        "TRUSTED_ORIGINS": ["https://chat.example.com"],
    }


def test_what_other_rooms_read_comes_from_the_environment(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("sk-ant-from-file\n")
    names = [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_VERSION",
        "DEBUG",
        "DEFAULT_MODEL",
        "SIGNUP_IS_OPEN",
    ]

    assert settings_of(tmp_path, names) == {
        "ANTHROPIC_API_KEY": None,
        "ANTHROPIC_BASE_URL": None,
        "ANTHROPIC_VERSION": "2026-10-21",
        "DEBUG": False,
        "DEFAULT_MODEL": "claude-opus-5-5",
        "SIGNUP_IS_OPEN": False,
    }
    assert settings_of(
        tmp_path,
        names,
        ANTHROPIC_API_KEY_FILE=str(key_file),
        ANTHROPIC_BASE_URL="https://claude.example.com",
        ANTHROPIC_VERSION="2023-06-01",
        DEFAULT_MODEL="claude-haiku-4-5",
        SIGNUP="open",
    ) == {
        "ANTHROPIC_API_KEY": "sk-ant-from-file",
        "ANTHROPIC_BASE_URL": "https://claude.example.com",
        "ANTHROPIC_VERSION": "2023-06-01",
        "DEBUG": False,
        "DEFAULT_MODEL": "claude-haiku-4-5",
        "SIGNUP_IS_OPEN": True,
    }


def test_the_deployment_check_has_nothing_to_say(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=server_environment(tmp_path, 8000)
        | {"PUBLIC_URL": "https://chat.example.com"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PUBLIC_URL", "chat.example.com"), ("ALLOWED_HOSTS", "*"), ("SECRET_KEY", "a")],
)
def test_an_unsafe_value_stops_every_command(
    name: str, value: str, tmp_path: Path
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT,
        env=server_environment(tmp_path, 8000) | {name: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert f"ImproperlyConfigured: {name} must" in run.stderr
