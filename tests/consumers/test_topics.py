"""What a socket listens to, and that it ends with the socket."""

import uuid

from conversations.consumers.topics import MAX_WATCHED, Topics
from conversations.turns.hub import Encoded, Hub, conversation_topic


class Nobody:
    def deliver(self, events: list[Encoded]) -> None:
        """Take events and forget them."""


def test_the_topic_joined_longest_ago_is_let_go() -> None:
    hub = Hub()
    topics = Topics(hub, Nobody())
    wanted = [conversation_topic(uuid.uuid4()) for _ in range(MAX_WATCHED + 1)]

    for topic in wanted:
        topics.join(topic)

    assert [hub.count(topic) for topic in wanted] == [0] + [1] * MAX_WATCHED


def test_commit_that_comes_after_the_socket_has_gone_joins_nothing() -> None:
    hub = Hub()
    topics = Topics(hub, Nobody())
    topic = conversation_topic(uuid.uuid4())
    topics.join(topic)

    topics.leave_all()
    topics.join(topic)

    assert hub.count(topic) == 0
