"""In which container code goes on."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations.models import Message, ModelCard, State
from conversations.prompts.container import container_params
from tests.prompts.conftest import Thread

CODE = {"type": "code_execution_20260521", "name": "code_execution"}


@pytest.fixture
def path(thread: Thread) -> list[Message]:
    question = thread.user("Run it")
    turn = thread.turn(state=State.COMPLETED, model="claude-opus-5-5")
    answer = thread.claude("Done.", turn=turn, container="container_1")
    return [question, answer, thread.user("Again")]


def params(
    path: list[Message], *tools: dict[str, Any], model: str = "claude-sonnet-5-5"
) -> dict[str, Any]:
    return container_params(ModelCard(model_id=model), path, tools)


def test_it_is_that_of_the_last_answer_which_had_one(path: list[Message]) -> None:
    assert params(path, CODE) == {"container": "container_1"}


def test_without_code_execution_none_is_named(path: list[Message]) -> None:
    assert params(path) == {}
    assert params(path, {"type": "web_search_20260318", "name": "web_search"}) == {}


def test_an_old_one_is_not_asked_for(path: list[Message]) -> None:
    path[1].created_at = timezone.now() - timedelta(days=30)

    assert params(path, CODE) == {}


def test_another_account_does_not_have_it(path: list[Message]) -> None:
    assert params(path, CODE, model="work/claude-opus-5-5") == {}


def test_where_nothing_ran_nothing_is_asked(
    thread: Thread, django_assert_num_queries: Any
) -> None:
    question = thread.user("Hi")

    with django_assert_num_queries(0):
        assert params([question], CODE) == {}
