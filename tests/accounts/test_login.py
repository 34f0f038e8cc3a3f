"""Logging in and out, and what a stranger can learn or try."""

import re
from typing import Any

import pytest
from django.test import Client

from chatapp.accounts.models import User
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


def log_in(client: Client, username: str, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": username, "password": password})


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_right_password_logs_in_under_a_new_session_key(alice: User) -> None:
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["sessionid"] = before = session.session_key or ""

    answer = log_in(client, "alice")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_logged_in(client)
    assert client.session.session_key != before


def test_a_wrong_password_and_an_unknown_name_look_the_same(alice: User) -> None:
    wrong, unknown = (
        re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", log_in(*guess).text)
        for guess in ((Client(), "alice", "wrong"), (Client(), "nobody", "wrong"))
    )

    assert "The username and/or password you specified are not correct." in wrong
    assert wrong == unknown.replace("nobody", "alice")


def test_the_eleventh_guess_at_one_account_is_not_even_looked_at(alice: User) -> None:
    client = Client()
    for _ in range(10):
        log_in(client, "alice", "wrong")

    answer = log_in(client, "alice")

    assert "Too many failed login attempts." in answer.text
    assert not is_logged_in(client)


def test_one_address_has_thirty_guesses_at_all_accounts_together(alice: User) -> None:
    client = Client()
    for number in range(30):
        log_in(client, f"guess-{number}", "wrong")

    log_in(client, "alice")

    assert not is_logged_in(client)


def test_a_forwarded_address_is_not_believed_without_a_proxy_of_ours(
    alice: User,
) -> None:
    for number in range(30):
        spoofed = Client(headers={"x-forwarded-for": f"10.0.0.{number}"})
        log_in(spoofed, f"guess-{number}", "wrong")

    client = Client(headers={"x-forwarded-for": "10.0.1.1"})
    log_in(client, "alice")

    assert not is_logged_in(client)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/conversations/", "/conversations/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_logging_in_one_stays_on_this_site(
    target: str, location: str, alice: User
) -> None:
    answer = Client().post(
        LOGIN, {"login": "alice", "password": PASSWORD, "next": target}
    )

    assert answer.headers["Location"] == location


def test_an_account_that_is_switched_off_cannot_log_in(alice: User) -> None:
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    client = Client()

    answer = client.post(LOGIN, {"login": "alice", "password": PASSWORD}, follow=True)

    assert "This account is switched off" in answer.text
    assert not is_logged_in(client)


def test_only_a_form_logs_out_and_it_ends_the_session(alice: User) -> None:
    client = Client()
    log_in(client, "alice")

    page = client.get("/accounts/logout/")
    still = is_logged_in(client)
    answer = client.post("/accounts/logout/")

    assert "<h1>Log out?</h1>" in page.text
    assert still
    assert (answer.status_code, answer.headers["Location"]) == (302, LOGIN)
    assert not is_logged_in(client)


def test_a_new_password_ends_all_other_sessions(alice: User) -> None:
    here, elsewhere = Client(), Client()
    log_in(here, "alice")
    log_in(elsewhere, "alice")
    new_password = "another horse altogether"

    answer = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new_password, "password2": new_password},
    )

    assert answer.status_code == 302
    assert here.get("/accounts/password/change/").status_code == 200
    assert elsewhere.get("/accounts/password/change/").status_code == 302


def test_the_old_password_is_needed_for_a_new_one(alice: User) -> None:
    client = Client()
    log_in(client, "alice")

    client.post(
        "/accounts/password/change/",
        {"oldpassword": "wrong", "password1": "a" * 20, "password2": "a" * 20},
    )

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/logout/", "/accounts/password/change/"]
)
def test_no_page_needs_inline_style_or_script(path: str, alice: User) -> None:
    client = Client()
    if "login" not in path:
        client.force_login(alice)

    page = client.get(path).text

    assert "<h1>" in page
    assert [word for word in ("style=", "<style", "<script") if word in page] == []
