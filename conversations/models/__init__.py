"""What Colloquy keeps: one model a file, its QuerySet beside it."""

from .attachment import Attachment, Format, Kind
from .batch import Batch, BatchItem, BatchSource, BatchState, ItemState
from .compaction import Compaction
from .conversation import Conversation
from .mcp_server import Authorization, McpAuthorization, McpLogin, McpServer
from .memory_file import MemoryFile
from .message import Message, Role
from .model_card import ModelCard
from .preferences import Preferences
from .prefix import Prefix
from .provider import Provider
from .remote_file import RemoteFile, SentForm
from .repair import Repair
from .request_record import RequestRecord
from .tool_call import CallState, Decision, ToolCall
from .tool_permission import Permission, ToolPermission
from .turn import LIVE_STATES, Checkpoint, OpenRound, State, Turn
from .usage import Purpose, UsageRecord
from .web_tools import WebTools

__all__ = [
    "LIVE_STATES",
    "Attachment",
    "Authorization",
    "Batch",
    "BatchItem",
    "BatchSource",
    "BatchState",
    "CallState",
    "Checkpoint",
    "Compaction",
    "Conversation",
    "Decision",
    "Format",
    "ItemState",
    "Kind",
    "McpAuthorization",
    "McpLogin",
    "McpServer",
    "MemoryFile",
    "Message",
    "ModelCard",
    "OpenRound",
    "Permission",
    "Preferences",
    "Prefix",
    "Provider",
    "Purpose",
    "RemoteFile",
    "Repair",
    "RequestRecord",
    "Role",
    "SentForm",
    "State",
    "ToolCall",
    "ToolPermission",
    "Turn",
    "UsageRecord",
    "WebTools",
]
