"""A large request without servers: `python -m tests.bench.request_alone MESSAGES MB`.

Prints as JSON how long it takes to build the request of a conversation with so many
messages and so many megabytes of pictures, how long to make its body, and how much
memory building and sending it take beyond what its texts need.
"""

import asyncio
import json
import os
import sys
import tempfile
import tracemalloc
from time import perf_counter
from uuid import UUID

import django

_FOLDER = tempfile.TemporaryDirectory(prefix="colloquy-bench-")
os.environ["DATA_DIR"] = _FOLDER.name
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
django.setup()

from django.core.files.base import ContentFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from chatapp.accounts.models import User  # noqa: E402
from conversations import catalog  # noqa: E402
from conversations.claude.call import LongBody  # noqa: E402
from conversations.claude.file_data import compose  # noqa: E402
from conversations.models import (  # noqa: E402
    Attachment,
    Conversation,
    Kind,
    Message,
    Role,
    State,
    Turn,
)
from conversations.models.ids import uuid7  # noqa: E402
from conversations.prompts.build import Prompt, build_prompt  # noqa: E402
from conversations.prompts.composing import user_blocks  # noqa: E402
from conversations.prompts.prefix import new_prefix  # noqa: E402

MEGABYTE = 1024 * 1024
FILE_BYTES = 2 * MEGABYTE
TEXT = "A sentence of an ordinary length, as people and models write them. " * 8
RUNS = 5


def make_turn(messages: int, megabytes: int) -> Turn:
    """Store a conversation; return the turn that answers its last message."""
    owner = User.objects.create_user("alice")
    conversation = Conversation.objects.create(
        owner=owner, prefix=new_prefix(owner), updated_at=timezone.now()
    )
    files = [_picture(owner, number) for number in range(megabytes // 2)]
    # Ids alone: a thousand rows that hold each other would be a chain too deep to let go.
    parent_id: UUID | None = None
    for number in range(messages):
        role = (Role.USER, Role.ASSISTANT)[number % 2]
        with_files = [files.pop()] if files and role == Role.USER else []
        message = Message.objects.create(
            conversation=conversation,
            parent_id=parent_id,
            role=role,
            content=user_blocks(TEXT, with_files),
        )
        message.attachments.set(with_files)
        parent_id = message.id
    assert parent_id is not None
    return Turn.objects.create(
        conversation=conversation,
        author=owner,
        client_id=uuid7(),
        user_message_id=parent_id,
        model="claude-opus-5-5",
        state=State.RUNNING,
    )


def _picture(owner: User, number: int) -> Attachment:
    content = os.urandom(FILE_BYTES)
    attachment = Attachment(
        owner=owner,
        kind=Kind.IMAGE,
        name=f"{number}.png",
        sha256=f"{number:064x}",
        size_bytes=len(content),
        sent_size_bytes=len(content),
        media_type="image/png",
    )
    attachment.file.save("a.png", ContentFile(content), save=False)
    attachment.save()
    return attachment


def build(turn: Turn) -> Prompt:
    """Build it as a turn does that begins now."""
    fresh = Turn.objects.select_related("conversation").get(id=turn.id)
    return build_prompt(fresh, catalog.card_for(turn.model))


async def send(body: str | LongBody) -> int:
    """Take the body as a connection would; return its bytes."""
    if isinstance(body, str):
        return len(body)
    return sum([len(piece) async for piece in body.chunks()])


def measure(messages: int, megabytes: int) -> dict[str, float]:
    call_command("migrate", verbosity=0)
    catalog.load_cards()
    turn = make_turn(messages, megabytes)
    build(turn)  # the statements are composed
    built, composed = [], []
    for _ in range(RUNS):
        began = perf_counter()
        prompt = build(turn)
        done = perf_counter()
        compose(prompt.params)
        built.append(1000 * (done - began))
        composed.append(1000 * (perf_counter() - done))
    del prompt
    tracemalloc.start()
    body = compose(build(turn).params)
    before, _ = tracemalloc.get_traced_memory()
    size = asyncio.run(send(body))
    _, peak = tracemalloc.get_traced_memory()
    return {
        "build_ms": sorted(built)[RUNS // 2],
        "body_ms": sorted(composed)[RUNS // 2],
        "body_mb": size / MEGABYTE,
        "texts_mb": before / MEGABYTE,
        "peak_mb": peak / MEGABYTE,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
