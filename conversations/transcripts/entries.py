"""What the log shows: a person's message, or an answer."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from conversations.models import Attachment, Message

from .answers import Answer
from .versions import Versions


@dataclass
class Question:
    """A message that a person wrote. `key` is set when it looks the same for ever."""

    message: Message
    versions: Versions = field(default_factory=Versions)
    attachments: Sequence[Attachment] = ()
    key: Hashable | None = None

    template = "conversations/_user_message.html"
    # No model wrote it.
    models: ClassVar[tuple[str, ...]] = ()
    model_name = ""

    @property
    def first_id(self) -> UUID:
        return self.message.id

    @property
    def is_final(self) -> bool:
        """Whether nothing but other versions can change what is shown.

        Files may be taken away later.
        """
        return not self.attachments


type Entry = Question | Answer
