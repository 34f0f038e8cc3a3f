"""Reviewers with exactly the permissions that a test gives them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chatapp.accounts.models import User
from tests.conftest import MakeUser
from tests.views.conftest import Html
from tests.views.stories import Story

ADMIN = "/admin/conversations"

type Reviewer = Callable[..., Client]
type OpenAdmin = Callable[..., Html]


@pytest.fixture
def reviewer(make_user: MakeUser) -> Reviewer:
    """Return a function that logs in staff with the named permissions."""

    def make(*permissions: str) -> Client:
        user = make_user("rita", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def open_admin(root: User) -> OpenAdmin:
    """Return a function that opens a page below /admin/conversations as root."""
    client = Client()
    client.force_login(root)

    def open_(path: str) -> Html:
        response: Any = client.get(f"{ADMIN}{path}")
        assert response.status_code == 200, response.status_code
        return Html(response)

    return open_


@pytest.fixture
def story(alice: User) -> Story:
    """A conversation of alice with one answered question."""
    story = Story(alice)
    story.exchanges(1)
    return story


def page_of(story: Story) -> str:
    """Return where a conversation is reviewed, below /admin/conversations."""
    return f"/conversation/{story.conversation.id}/change/"
