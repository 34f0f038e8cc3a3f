"""Every page carries the headers of the front end's contract."""

import re

import pytest
from django.test import Client

from chatapp.accounts.models import User

POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'; "
    "img-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types worker"


def policy_without_nonce(header: str) -> str:
    return re.sub(r" 'nonce-[\w-]{22}'", "", header)


@pytest.mark.parametrize(
    "path",
    ["/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/nothing/", "/"],
)
def test_pages_for_strangers_have_the_strict_policy(path: str, db: None) -> None:
    header = Client().get(path).headers["Content-Security-Policy"]

    assert policy_without_nonce(header) == POLICY.format(nonce="") + TRUSTED_TYPES


def test_pages_of_the_conversations_have_the_strict_policy_and_a_fresh_nonce(
    alice: User,
) -> None:
    client = Client()
    client.force_login(alice)

    headers = [client.get("/").headers["Content-Security-Policy"] for _ in range(2)]

    assert {policy_without_nonce(header) for header in headers} == {
        POLICY.format(nonce="") + TRUSTED_TYPES
    }
    assert headers[0] != headers[1]


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/"])
def test_the_administration_goes_without_trusted_types_only(
    path: str, root: User
) -> None:
    client = Client()
    client.force_login(root)

    header = client.get(path).headers["Content-Security-Policy"]

    assert policy_without_nonce(header) == POLICY.format(nonce="")


@pytest.mark.parametrize("path", ["/accounts/login/", "/nothing/"])
def test_pages_are_not_cached_framed_or_shared(path: str, db: None) -> None:
    headers = Client().get(path).headers

    assert {
        name: headers[name]
        for name in (
            "Cross-Origin-Opener-Policy",
            "Cross-Origin-Resource-Policy",
            "Referrer-Policy",
            "X-Content-Type-Options",
            "X-Frame-Options",
        )
    } == {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    assert "no-store" in headers["Cache-Control"]
    assert "microphone=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_a_refused_address_has_the_same_headers() -> None:
    headers = Client(headers={"host": "chat.example.com"}).get("/").headers

    assert (
        policy_without_nonce(headers["Content-Security-Policy"])
        == POLICY.format(nonce="") + TRUSTED_TYPES
    )
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_form_without_its_token_gets_a_page_that_says_what_to_do(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a"})

    assert answer.status_code == 403
    assert "<h1>The form was refused</h1>" in answer.text
