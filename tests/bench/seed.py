"""Puts rows into a server's database: `python -m tests.bench.seed session`."""

import os
import sys
from typing import Any
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from chatapp.accounts.models import User  # noqa: E402
from conversations.models import Conversation, Message, Role, State, Turn  # noqa: E402
from conversations.prompts.prefix import new_prefix  # noqa: E402


def session() -> str:
    """Log the administrator in; return the cookie."""
    user = User.objects.get(username=os.environ["ADMIN_USERNAME"])
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def conversation() -> str:
    """Store a conversation of COUNT messages; return its address."""
    user = User.objects.get(username=os.environ["ADMIN_USERNAME"])
    stored = Conversation.objects.create(
        owner=user, prefix=new_prefix(user), title="Long", updated_at=timezone.now()
    )
    count = int(os.environ["COUNT"]) // 2
    leaf: Message | None = None
    for number in range(count):
        ending = " This is the last of all." if number == count - 1 else ""
        leaf = _exchange(stored, user, leaf, ANSWER + ending)
    stored.leaf = leaf
    stored.save()
    return stored.get_absolute_url()


def _exchange(
    stored: Conversation, user: User, leaf: Message | None, answer: str
) -> Message:
    question = Message.objects.create(
        conversation=stored, parent=leaf, role=Role.USER, **_words("What is next?")
    )
    turn = Turn.objects.create(
        conversation=stored,
        author=user,
        client_id=uuid4(),
        user_message=question,
        state=State.COMPLETED,
        stop_reason="end_turn",
        model=settings.DEFAULT_MODEL,
    )
    return Message.objects.create(
        conversation=stored,
        parent=question,
        turn=turn,
        role=Role.ASSISTANT,
        round=1,
        stop_reason="end_turn",
        **_words(answer),
    )


def _words(text: str) -> dict[str, Any]:
    return {"text": text, "content": [{"type": "text", "text": text}]}


ANSWER = """A table is **set** before it is laid.

- first the plates
- then the glasses

The cook says `when`, and the guests say *how much*."""
COMMANDS = {"session": session, "conversation": conversation}

if __name__ == "__main__":
    with transaction.atomic():
        sys.stdout.write(COMMANDS[sys.argv[1]]())
