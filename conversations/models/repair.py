"""What had to be mended in a stored history before Claude would read it."""

from django.db import models

from .ids import uuid7
from .message import Message
from .wire import WireField


class RepairKind(models.TextChoices):
    """The closed list of repairs, and what `detail` holds for each.

    - thinking_stripped: {}. All thinking before the message stays out.
    - call_closed: {"results": [block, ...]}. They stand first in the message, for calls
      of the answer before it that nobody will run any more.
    - call_omitted: {"calls": [id, ...]}. These calls before the message stay out, with
      whatever answers them.
    - result_omitted: {"calls": [id, ...]}. Results of the message itself stay out: they
      answer no call.
    - file_gone: {"files": {attachment id: text}}. The text stands for the file.
    - file_sent_anew: {"files": {attachment id: when}}. The provider had lost these files;
      from here on they are sent in the form that SentForm says now.
    """

    THINKING_STRIPPED = "thinking_stripped"
    CALL_CLOSED = "call_closed"
    CALL_OMITTED = "call_omitted"
    RESULT_OMITTED = "result_omitted"
    FILE_GONE = "file_gone"
    FILE_SENT_ANEW = "file_sent_anew"


class Repair(models.Model):
    """A difference between what is stored and what is sent, from `message` on.

    It holds for every request whose path contains `message`, and is never taken
    back: the sent prefix of a path only grows.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="repairs"
    )
    kind = models.CharField(max_length=20, choices=RepairKind)
    detail = WireField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "kind"], name="one_repair_per_message_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.message_id} on"
