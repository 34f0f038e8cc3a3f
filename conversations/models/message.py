"""One API message: a role and its content blocks, a node of the tree."""

from typing import Self
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models.expressions import RawSQL

from .conversation import Conversation
from .ids import uuid7
from .prepared import PreparedQuery
from .wire import Block, WireField


class Role(models.TextChoices):
    """The API's roles."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class MessageQuerySet(models.QuerySet["Message"]):
    """Ways to narrow messages; `visible_to` is the only entrance."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        visible = Conversation.objects.visible_to(user)
        return self.filter(conversation__in=visible)


class Message(models.Model):
    """A message exactly as first sent or received, with what is derived from it.

    `content` is the API's list of blocks, verbatim, except that
    `source: {"type": "attachment", "id": …}` stands for a file that expands to the
    same bytes for ever. Edits and retries are siblings: rows of the same parent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="children",
    )
    # The turn that wrote this answer; a user message has turns that answer it instead.
    turn = models.ForeignKey(
        "conversations.Turn",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
    )
    role = models.CharField(max_length=9, choices=Role)
    content = WireField()
    text = models.TextField(blank=True)
    attachments = models.ManyToManyField(
        "conversations.Attachment", related_name="messages", blank=True
    )
    round = models.PositiveSmallIntegerField(default=0)
    model = models.CharField(max_length=200, blank=True)
    upstream_id = models.CharField(max_length=200, blank=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    stop_details = WireField(null=True, blank=True)
    # Where code ran for this answer: what it left there is found again by this id.
    container = models.CharField(max_length=200, blank=True)
    # Rendered body and the renderer's version: a finished message never changes.
    html = models.TextField(blank=True)
    html_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["conversation", "parent"])]
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "round", "role"],
                condition=models.Q(turn__isnull=False),
                name="one_message_per_turn_round_and_role",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"

    @property
    def blocks(self) -> list[Block]:
        """The content blocks as the API knows them."""
        content: list[Block] = self.content
        return content

    @property
    def is_refused(self) -> bool:
        """Whether this answer was withdrawn: kept for reviewers, never sent again."""
        return self.stop_reason == "refusal"


PATH = """
    WITH RECURSIVE path (id, parent_id) AS (
        SELECT id, parent_id FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT message.id, message.parent_id
        FROM path JOIN conversations_message message ON message.id = path.parent_id
    )
    SELECT id FROM path
"""

# The HTML is longer than all the rest, and nobody who follows a path wants it.
_path = PreparedQuery(
    lambda leaf: Message.objects.filter(
        id__in=RawSQL(PATH, [leaf])  # noqa: S611  a constant, and its place
    ).defer("html"),
    leaf=models.UUIDField(),
)


def find_path(leaf_id: UUID) -> list[Message]:
    """Return the messages from the root to `leaf_id`, root first; one query."""
    found = {message.id: message for message in _path.rows(leaf=leaf_id)}
    path = []
    parent_id: UUID | None = leaf_id
    while parent_id is not None:
        path.append(found[parent_id])
        parent_id = found[parent_id].parent_id
    return path[::-1]
