"""The conversations that one socket listens to, and a limit to their number."""

from conversations.turns.hub import Hub, Subscriber, Topic

MAX_WATCHED = 50  # ours: a tab watches one conversation, seldom a few


class Topics:
    """Joins and leaves topics of the hub for a subscriber."""

    def __init__(self, hub: Hub, subscriber: Subscriber) -> None:
        self._hub = hub
        self._subscriber = subscriber
        # In the order of joining: the first is the one to let go.
        self._joined: dict[Topic, None] = {}
        self._has_left = False

    def join(self, topic: Topic) -> None:
        """Listen to a topic; it never fails, because a committed turn may wait for it.

        After the end nothing is joined: the commit of a message that a socket sent may
        come when the socket has gone, and nobody would ever leave again.
        """
        if self._has_left:
            return
        self._joined.pop(topic, None)
        self._joined[topic] = None
        self._hub.subscribe(topic, self._subscriber)
        if len(self._joined) > MAX_WATCHED:
            self.leave(next(iter(self._joined)))

    def leave(self, topic: Topic) -> None:
        """Listen no more. Repeating is fine."""
        self._joined.pop(topic, None)
        self._hub.unsubscribe(topic, self._subscriber)

    def leave_all(self) -> None:
        """Listen to nothing any more: the socket has gone."""
        self._has_left = True
        for topic in tuple(self._joined):
            self.leave(topic)
