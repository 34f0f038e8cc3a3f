"""Whatever happened in a conversation, Claude accepts its next request.

HYPOTHESIS_PROFILE=long tries many more of them.
"""

import os
import uuid
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from chatapp.accounts.models import User
from conversations import catalog
from conversations.models import Message, Role
from conversations.prompts.diagnosis import find_problems
from conversations.prompts.history import sent_messages
from conversations.prompts.repairs import Repairs, together
from conversations.simulator.validation.server_tools import check_server_results
from conversations.simulator.validation.tools import check_pairing
from tests.prompts.stories import Ask, Lose, calm_stories, stories
from tests.prompts.world import Store, World

type Contents = list[tuple[Role, list[dict[str, Any]]]]

HELLO = {"type": "text", "text": "Hello"}
TIMES: float = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1
if "TEST_DATABASE_URL" in os.environ:
    # The second run, on PostgreSQL: the same stories, stored elsewhere.
    TIMES /= 4
# Each example makes a conversation of its own, so one database does for all of them.
SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
# Without the explanations, which take minutes for a story.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


@settings(
    max_examples=int(80 * TIMES),
    deadline=None,
    phases=PHASES,
    suppress_health_check=SHARED,
)
@given(story=stories)
def test_every_request_is_accepted(
    alice: User, store: Store, story: list[Ask | Lose]
) -> None:
    catalog.load_cards()
    world = World(alice, store)

    world.play(story)

    for notice in world.notices:
        event(notice["type"])
    for refusal in world.refusals:
        event(f"refused: {refusal[:70]}")


@settings(
    max_examples=int(30 * TIMES),
    deadline=None,
    phases=PHASES,
    suppress_health_check=SHARED,
)
@given(story=calm_stories)
def test_model_switch_strips_nothing(
    alice: User, store: Store, story: list[Ask]
) -> None:
    catalog.load_cards()
    world = World(alice, store)

    world.play(story)

    assert (world.refusals, world.notices) == ([], [])
    assert world.sent_thinking == world.stored_thinking


numbers = st.integers(0, 2)
blocks = {
    Role.USER: st.one_of(
        st.just({"type": "text", "text": "Hi"}),
        st.builds(
            lambda number: {"type": "tool_result", "tool_use_id": f"call{number}"},
            numbers,
        ),
    ),
    Role.ASSISTANT: st.one_of(
        st.sampled_from([{"type": "text", "text": said} for said in ("Hi", " ")]),
        st.builds(
            lambda number: {"type": "tool_use", "id": f"call{number}", "name": "t"},
            numbers,
        ),
        st.builds(
            lambda number: {
                "type": "server_tool_use",
                "id": f"search{number}",
                "name": "web_search",
            },
            numbers,
        ),
        st.builds(
            lambda number: {
                "type": "web_search_tool_result",
                "tool_use_id": f"search{number}",
            },
            numbers,
        ),
    ),
}
soup = st.lists(
    st.sampled_from(list(blocks)).flatmap(
        lambda role: st.tuples(st.just(role), st.lists(blocks[role], max_size=4))
    ),
    max_size=8,
)


@settings(max_examples=int(200 * TIMES), deadline=None)
@given(contents=soup)
def test_whatever_is_stored_can_be_mended(
    contents: Contents,
) -> None:
    path = [
        Message(id=uuid.uuid4(), role=role, content=content)
        for role, content in unique_calls(contents)
    ]
    path.append(Message(id=uuid.uuid4(), role=Role.USER, content=[HELLO]))

    repairs: Repairs = {}
    while found := find_problems(sent_messages(path, repairs), {}):
        grown = together(repairs, found)
        assert grown != repairs
        repairs = grown

    params = {"messages": [item.as_param() for item in sent_messages(path, repairs)]}
    check_pairing(params)
    check_server_results(params)


def unique_calls(contents: Contents) -> Contents:
    """Leave out calls whose id was there before: Claude never makes one twice."""
    seen: set[str] = set()
    kept: Contents = []
    for role, content in contents:
        kept.append((role, []))
        for block in content:
            if block.get("id") not in seen:
                kept[-1][1].append(block)
                seen |= {block["id"]} if "id" in block else set()
    return kept
