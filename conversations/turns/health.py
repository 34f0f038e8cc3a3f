"""What the server needs and does not have at the moment, told to every socket."""

from typing import Any

from conversations.protocol.events import Event, ServerImpaired, ServerRecovered

from .hub import Hub, hub


class Health:
    """What is away, by kind ("database", "disk", "relay"), and why. Loop only."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reasons: dict[str, dict[str, Any]] = {}

    def impair(self, kind: str, reason: dict[str, Any]) -> None:
        """Say that something is away; `reason` is an error object. Repeating is fine."""
        if self._reasons.get(kind) != reason:
            self._reasons[kind] = reason
            self._hub.broadcast([ServerImpaired(reason=reason)])

    def recover(self, kind: str) -> None:
        """Say that it is back. Nothing happens when it was not away."""
        if self._reasons.pop(kind, None) is not None:
            self.tell_of_loss()

    def tell_of_loss(self) -> None:
        """Have every page ask again for what it may have missed."""
        self._hub.broadcast([ServerRecovered(), *self.notices()])

    def notices(self) -> list[Event]:
        """Return what a socket that opens now has to be told."""
        return [ServerImpaired(reason=reason) for reason in self.reasons()]

    def reasons(self) -> list[dict[str, Any]]:
        return list(self._reasons.values())


health = Health(hub)
