"""The page of permissions: each person's own."""

from django.test import Client

from chatapp.accounts.models import User
from conversations.models import Permission, ToolPermission
from tests.views.conftest import Open


def chosen(user: User) -> dict[str, str]:
    rows = ToolPermission.objects.filter(owner=user)
    return dict(rows.values_list("key", "permission"))


def test_defaults_are_shown_and_leave_no_rows(
    open_page: Open, client: Client, alice: User
) -> None:
    page = open_page("/tools/")

    names = {select.attributes["name"] for select in page.all("select")}
    assert {"calculator", "current_time"} <= names
    client.post("/tools/", _rest(client, {}))
    assert chosen(alice) == {}


def test_choice_is_stored_and_shown(client: Client, alice: User, bob: User) -> None:
    ToolPermission.objects.create(
        owner=alice, key="far_away", permission=Permission.ALWAYS
    )
    client.force_login(alice)
    fields = {"calculator": "ask", "current_time": "always", "far_away": "never"}

    response = client.post("/tools/", fields | _rest(client, fields), follow=True)

    assert chosen(alice) == {"calculator": "ask", "far_away": "never"}
    assert chosen(bob) == {}
    assert "Saved." in response.text


def test_unknown_choice_is_refused(client: Client, alice: User) -> None:
    client.force_login(alice)

    response = client.post("/tools/", {"calculator": "sometimes"})

    assert response.status_code == 200
    assert "sometimes is not one of the available choices" in response.text
    assert chosen(alice) == {}


def _rest(client: Client, fields: dict[str, str]) -> dict[str, str]:
    """Return the fields of all other tools, as the page has them."""
    form = client.get("/tools/").context["form"]
    return {name: form[name].initial for name in form.fields if name not in fields}
