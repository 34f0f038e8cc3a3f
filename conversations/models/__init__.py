"""What Colloquy keeps: one model a file, its QuerySet beside it."""

from .attachment import Attachment, Kind
from .conversation import Conversation
from .message import Message, Role
from .model_card import ModelCard
from .prefix import Prefix
from .turn import LIVE_STATES, Checkpoint, State, Turn
from .usage import UsageRecord

__all__ = [
    "LIVE_STATES",
    "Attachment",
    "Checkpoint",
    "Conversation",
    "Kind",
    "Message",
    "ModelCard",
    "Prefix",
    "Role",
    "State",
    "Turn",
    "UsageRecord",
]
