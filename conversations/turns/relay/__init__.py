"""What passes between processes: events, snapshots and knocks on the door, over Redis."""

from conversations.turns.health import health
from conversations.turns.hub import hub
from conversations.turns.registry import registry
from conversations.turns.snapshots import latest_snapshot

from .relay import Relay

__all__ = ["Relay", "relay"]

relay = Relay(hub, registry, health, latest_snapshot)
