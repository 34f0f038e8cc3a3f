"""What the log shows: a person's message, or an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from conversations.models import Attachment, Message

from .answers import Answer
from .versions import Versions


@dataclass
class Question:
    """A message that a person wrote."""

    message: Message
    versions: Versions = field(default_factory=Versions)
    attachments: Sequence[Attachment] = ()

    template = "conversations/_user_message.html"


type Entry = Question | Answer
