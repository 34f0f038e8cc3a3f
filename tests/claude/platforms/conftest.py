"""Credentials, where the vendors' own libraries look for them."""

from typing import Any

import google.auth.credentials
import pytest

from conversations.claude.platforms import google_tokens
from conversations.simulator.platforms.sigv4 import AwsAccount
from tests.claude.platforms.clients import TOKEN

ACCOUNT = AwsAccount("any")


@pytest.fixture(autouse=True)
def aws_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Credentials in the environment, and nothing of this machine."""
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ACCOUNT.secret_key)


class StaticCredentials(google.auth.credentials.Credentials):
    """Google credentials that hold a token once they were refreshed."""

    def refresh(self, request: Any) -> None:
        self.token = TOKEN


@pytest.fixture
def google_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has a Google account; tests of tokens use a real one."""
    monkeypatch.setattr(
        google_tokens.GoogleTokens,
        "_load",
        lambda self: StaticCredentials(),  # type: ignore[no-untyped-call]
    )
