"""Whatever answers API calls: Anthropic, a compatible URL, a cloud, or the simulator."""

from .checking import Verdict, check_connection
from .clients import close_client, get_client, is_simulated, use_client
from .opening import open_provider
from .secrets import BadSecret, read_secret

__all__ = [
    "BadSecret",
    "Verdict",
    "check_connection",
    "close_client",
    "get_client",
    "is_simulated",
    "open_provider",
    "read_secret",
    "use_client",
]
