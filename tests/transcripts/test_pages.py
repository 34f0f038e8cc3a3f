"""Pages of a branch, read while something happens."""

from conversations.models import Conversation, State
from conversations.transcripts.answers import Answer
from conversations.transcripts.pages import read_page
from tests.prompts.conftest import Thread, thread

__all__ = ["thread"]


def test_turn_that_ends_during_the_reading_is_read_with_its_answer(
    thread: Thread,
) -> None:
    thread.user("Hi")
    turn = thread.turn()
    read_before_the_end = Conversation.objects.get(id=thread.conversation.id)
    thread.claude("Hello", turn=turn, round=1)
    turn.state = State.COMPLETED
    turn.save()

    page = read_page(read_before_the_end, None)

    last = page.entries[-1]
    assert isinstance(last, Answer)
    assert [message.text or message.blocks for message in last.messages] == [
        [{"type": "text", "text": "Hello"}]
    ]


def test_turn_that_ended_without_a_word_is_shown_as_such(thread: Thread) -> None:
    thread.user("Hi")
    thread.turn(state=State.FAILED, error={"type": "api_error", "message": "No."})

    last = read_page(thread.conversation, None).entries[-1]

    assert isinstance(last, Answer)
    assert (last.messages, last.turn.state) == ([], State.FAILED)
