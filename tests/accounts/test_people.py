"""The permanent people of the tests are what their names promise."""

from chatapp.accounts.models import User


def test_the_permanent_people_have_the_rights_their_names_promise(
    alice: User, bob: User, charlie: User, sam: User, root: User
) -> None:
    rights = {
        person.username: (person.is_staff, person.is_superuser)
        for person in (alice, bob, charlie, sam, root)
    }

    assert rights == {
        "alice": (False, False),
        "bob": (False, False),
        "charlie": (False, False),
        "sam": (True, False),
        "root": (True, True),
    }
