"""The administration is reached through the one log-in page."""

from django.test import Client

from chatapp.accounts.models import User


def test_strangers_are_sent_to_the_one_log_in_page(db: None) -> None:
    client = Client()

    first = client.get("/admin/")
    second = client.get(first.headers["Location"])

    assert first.headers["Location"] == "/admin/login/?next=/admin/"
    assert second.headers["Location"] == "/accounts/login/?next=/admin/"


def test_the_administrations_own_log_in_takes_no_password(root: User) -> None:
    client = Client()

    answer = client.post(
        "/admin/login/",
        {"username": "root", "password": "correct horse battery staple"},
    )

    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session


def test_people_without_the_right_are_told_so(alice: User) -> None:
    client = Client()
    client.force_login(alice)

    answer = client.get("/admin/", follow=True)

    assert answer.status_code == 403
    assert "<h1>This is not allowed</h1>" in answer.text


def test_staff_without_permissions_see_no_people(sam: User, root: User) -> None:
    client = Client()
    client.force_login(sam)

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/accounts/user/").status_code == 403


def test_administrators_manage_people(alice: User, root: User) -> None:
    client = Client()
    client.force_login(root)

    page = client.get("/admin/accounts/user/")

    assert page.status_code == 200
    assert "alice" in page.text
