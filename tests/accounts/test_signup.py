"""Strangers make accounts only where the operator said so."""

from django.test import Client
from pytest_django.fixtures import Settings

from chatapp.accounts.models import User

FORM = {
    "username": "dora",
    "password1": "a quiet harbour",
    "password2": "a quiet harbour",
}


def test_sign_up_is_closed_by_default(db: None) -> None:
    page = Client().get("/accounts/signup/")
    answer = Client().post("/accounts/signup/", FORM)

    assert "<h1>Sign-up is closed</h1>" in page.text
    assert "<h1>Sign-up is closed</h1>" in answer.text
    assert not User.objects.exists()


def test_an_open_sign_up_makes_an_ordinary_account(
    db: None, settings: Settings
) -> None:
    settings.SIGNUP_IS_OPEN = True
    client = Client()

    answer = client.post("/accounts/signup/", FORM)

    dora = User.objects.get()
    assert answer.status_code == 302
    assert (dora.username, dora.is_staff, dora.is_superuser) == ("dora", False, False)
    assert client.session["_auth_user_id"] == str(dora.pk)


def test_rights_are_not_taken_from_the_form(db: None, settings: Settings) -> None:
    settings.SIGNUP_IS_OPEN = True

    Client().post("/accounts/signup/", FORM | {"is_staff": "on", "is_superuser": "on"})

    dora = User.objects.get()
    assert (dora.is_staff, dora.is_superuser) == (False, False)
