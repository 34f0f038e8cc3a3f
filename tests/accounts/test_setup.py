"""The one-time link makes the first administrator, once."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from chatapp.accounts import setup_link
from chatapp.accounts.models import User
from tests.conftest import PASSWORD

FORM = {"username": "root", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def token(db: None, tmp_path: Path, settings: Settings) -> str:
    settings.DATA_DIR = tmp_path
    return setup_link.make_token(tmp_path)


def test_the_link_makes_an_administrator_and_logs_in(token: str) -> None:
    client = Client()

    page = client.get(f"/setup/{token}/")
    answer = client.post(f"/setup/{token}/", FORM)

    root = User.objects.get()
    assert "<h1>Set up Colloquy</h1>" in page.text
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert (root.username, root.is_staff, root.is_superuser) == ("root", True, True)
    assert root.check_password(PASSWORD)
    assert client.session["_auth_user_id"] == str(root.pk)


def test_the_link_works_once(token: str) -> None:
    Client().post(f"/setup/{token}/", FORM)

    again = Client().post(f"/setup/{token}/", FORM | {"username": "second"})

    assert again.status_code == 404
    assert list(User.objects.values_list("username", flat=True)) == ["root"]


def test_a_form_that_is_refused_leaves_the_link_alive(token: str) -> None:
    refused = Client().post(f"/setup/{token}/", FORM | {"password2": "other"})

    assert refused.status_code == 200
    assert "The two password fields" in refused.text
    assert Client().get(f"/setup/{token}/").status_code == 200


def test_a_weak_password_is_refused(token: str) -> None:
    weak = {"username": "root", "password1": "password", "password2": "password"}

    answer = Client().post(f"/setup/{token}/", weak)

    assert "This password is too common." in answer.text
    assert not User.objects.exists()


def test_the_link_is_dead_while_an_administrator_exists(token: str, root: User) -> None:
    assert Client().get(f"/setup/{token}/").status_code == 404


@pytest.mark.usefixtures("token")
def test_a_made_up_link_does_not_exist() -> None:
    assert Client().get("/setup/made-up/").status_code == 404


def test_only_a_hash_of_the_token_is_kept_for_the_owners_eyes(
    token: str, tmp_path: Path
) -> None:
    file = tmp_path / "setup_token"

    assert token not in file.read_text()
    assert oct(file.stat().st_mode)[-3:] == "600"


def test_a_new_link_ends_the_old_one(token: str, tmp_path: Path) -> None:
    newer = setup_link.make_token(tmp_path)

    assert [setup_link.is_valid(each, tmp_path) for each in (token, newer)] == [
        False,
        True,
    ]


def test_two_who_press_the_button_together_cannot_both_have_it(
    token: str, tmp_path: Path
) -> None:
    assert [setup_link.use_up(tmp_path), setup_link.use_up(tmp_path)] == [True, False]
