"""A world in which a drawn story happens, and what must hold for its every request.

It stores a conversation as Colloquy does. Its Claude is the simulator, which checks each
request as the API does and signs every thinking block over the exact prefix.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from chatapp.accounts.models import User
from conversations.catalog import card_for
from conversations.claude import InvalidRequest
from conversations.models import (
    Attachment,
    Conversation,
    Kind,
    Message,
    Prefix,
    Role,
    State,
    Turn,
)
from conversations.models.ids import uuid7
from conversations.models.repair import RepairKind
from conversations.models.wire import Block, dump
from conversations.prompts import doctor
from conversations.prompts.build import build_prompt, path_of
from conversations.prompts.composing import user_blocks
from conversations.prompts.history import THINKING_TYPES, sendable_blocks
from conversations.prompts.repairs import Repairs, repairs_of
from conversations.simulator.errors import RequestRejected
from conversations.simulator.files import Files as UploadedFiles
from conversations.simulator.messages import Composer
from conversations.simulator.models import KNOWN_MODELS
from tests.prompts.invented import (
    foreign,
    kept,
    open_server_calls,
    result_of,
    server_result,
    signed,
)
from tests.prompts.stories import Ask, Drawn, Lose
from tests.prompts.wire import on_the_wire
from tests.simulator.building import TOOL, make_pdf, make_png

type Json = dict[str, Any]
type Store = Callable[..., Attachment]

TOOLS = [
    TOOL,
    {"type": "web_search_20250305", "name": "web_search"},
    {"type": "code_execution_20250825", "name": "code_execution"},
]
FILES = {
    Kind.IMAGE: (make_png(), "image/png"),
    Kind.PDF: (
        make_pdf(["Oak trees grow slowly.", "Birches grow fast."]),
        "application/pdf",
    ),
    Kind.TEXT: (b"Apples are red. Pears are green. Plums are blue.", "text/plain"),
}
# One for all examples: it remembers the files that it has read.
NEW_ID = "{}_1".format
CLAUDE = Composer(KNOWN_MODELS, time.time, NEW_ID, UploadedFiles(time.time, NEW_ID))


@dataclass
class World:
    """One conversation whose every request the simulator must accept."""

    owner: User
    store: Store
    messages: list[Message] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    notices: list[dict[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    # Of the last request.
    stored_thinking: list[Block] = field(default_factory=list)
    sent_thinking: list[Block] = field(default_factory=list)

    def __post_init__(self) -> None:
        prefix = Prefix.objects.create(tools=TOOLS, metadata_user_id="someone")
        self.conversation = Conversation.objects.create(
            owner=self.owner, prefix=prefix, updated_at=timezone.now()
        )
        self.leaf: Message | None = None
        self.sent: dict[Any, tuple[list[str], Repairs]] = {}
        self._numbers = itertools.count()

    def play(self, story: Iterable[Ask | Lose]) -> None:
        for event in story:
            if isinstance(event, Ask):
                self.ask(event)
            elif self.files:
                self.lose(event)

    def lose(self, event: Lose) -> None:
        file = self.files.pop(event.number % len(self.files))
        if event.is_row:
            file.delete()
        else:
            file.file.delete(save=False)

    def ask(self, event: Ask) -> None:
        """Store a question and its answer; between them is an accepted request."""
        question = self._question(event)
        model, effort, thinking = event.settings
        turn = Turn.objects.create(
            conversation=self.conversation,
            author=self.owner,
            client_id=uuid7(),
            user_message=question,
            state=State.COMPLETED,
            model=model,
            effort=effort,
            thinking=thinking,
        )
        params, message = self._accepted(turn)
        answer = event.answer
        if answer is None:
            self._finish(turn, params, message)
        else:
            self._invent(turn, params, answer)

    def _question(self, event: Ask) -> Message:
        how, number = event.place
        questions = [m for m in self.messages if m.role == Role.USER and not m.turn_id]
        earlier = questions[number % len(questions)] if questions else None
        if how == "retry" and earlier:
            return earlier
        parent = earlier.parent if how == "edit" and earlier else self.leaf
        if how == "after" and self.messages:
            parent = self.messages[number % len(self.messages)]
        attachments = [self._file(kind) for kind in event.files]
        return self._add(Role.USER, parent, user_blocks(event.text, attachments))

    def _file(self, kind: Kind) -> Attachment:
        content, media_type = FILES[kind]
        self.files.append(
            self.store(kind, content, media_type=media_type, name=f"{kind}.bin")
        )
        return self.files[-1]

    def _add(
        self, role: Role, parent: Message | None, content: Any, **more: Any
    ) -> Message:
        self.leaf = Message.objects.create(
            conversation=self.conversation,
            parent=parent,
            role=role,
            content=content,
            **more,
        )
        self.messages.append(self.leaf)
        return self.leaf

    def _accepted(self, turn: Turn) -> tuple[Json, Json]:
        """Build a turn's request as the runner does; return it and its answer."""
        params = self._mended(turn)
        message, refusal = attempt(params)
        if refusal:
            self.refusals.append(refusal)
            error = InvalidRequest(refusal, status=400)
            notices = doctor.mend_refused(turn, error)
            assert notices != [], refusal
            assert doctor.mend_refused(turn, error) == []
            self.notices += notices
            params = self._mended(turn)
            message = compose(params)
        self._check_prefix(turn, params)
        return params, message

    def _mended(self, turn: Turn) -> Json:
        card = card_for(turn.model)
        prompt = build_prompt(turn, card)
        if prompt.needs_mending:
            notices = doctor.mend(turn)
            assert notices != []
            self.notices += notices
            prompt = build_prompt(turn, card)
        assert not prompt.needs_mending
        assert doctor.mend(turn) == []
        # As the API reads it; lists and keys stay as they are.
        params: Json = on_the_wire(prompt.params)
        return params

    def _check_prefix(self, turn: Turn, params: Json) -> None:
        """Compare with the last request on this path: nothing of it may have changed."""
        path = path_of(turn)
        self.stored_thinking = thinking_of(item.content for item in path)
        self.sent_thinking = thinking_of(item["content"] for item in params["messages"])
        repairs = repairs_of(path)
        sent = [dump(unmarked(message)) for message in params["messages"]]
        earlier = [self.sent[item.id] for item in path if item.id in self.sent]
        if earlier:
            before, known = earlier[-1]
            if repairs_before(repairs, known) == known:
                assert sent[: len(before)] == before
            else:
                assert_repaired(before, sent, repairs)
        self.sent[turn.user_message_id] = sent, repairs

    def _finish(self, turn: Turn, params: Json, message: Json) -> None:
        """Store the simulator's own answer, and run the tools that it calls."""
        parent = turn.user_message
        for number in itertools.count(1):
            content = message["content"]
            reason = message["stop_reason"]
            parent = self._store_answer(turn, parent, content, number, reason)
            if reason != "tool_use":
                return
            calls = [block for block in content if block["type"] == "tool_use"]
            results = [result_of(call) for call in calls]
            parent = self._add(Role.USER, parent, results, turn=turn, round=number)
            rounds = [
                {"role": "assistant", "content": content},
                {"role": "user", "content": results},
            ]
            params = params | {"messages": [*params["messages"], *rounds]}
            message = compose(params)

    def _invent(self, turn: Turn, params: Json, answer: Drawn) -> None:
        parent = turn.user_message
        messages = [unmarked(message) for message in params["messages"]]
        pending: list[Block] = []
        for number, round_ in enumerate(answer.rounds, 1):
            is_last = number == len(answer.rounds)
            so_far = params | {"messages": messages}
            content = [server_result(call) for call in pending if round_.is_resumed]
            content = signed(so_far, content, round_.pieces, self._numbers)
            stop_reason = "pause_turn"
            if is_last:
                stop_reason = answer.stop_reason
                if answer.cut is not None:
                    content, stop_reason = kept(content, answer.cut), ""
            if answer.is_foreign:
                content = [foreign(block) for block in content]
            if not content:
                return
            parent = self._store_answer(turn, parent, content, number, stop_reason)
            pending = open_server_calls(content)
            if said := sendable_blocks(content):
                messages = [*messages, {"role": "assistant", "content": said}]
            calls = [block for block in content if block["type"] == "tool_use"]
            if is_last or not calls:
                continue
            if results := [result_of(call) for call in calls[: round_.answered]]:
                parent = self._add(Role.USER, parent, results, turn=turn, round=number)
                messages = [*messages, {"role": "user", "content": results}]
            if len(results) < len(calls):
                return  # the process died while it ran the tools

    def _store_answer(
        self,
        turn: Turn,
        parent: Message,
        content: list[Block],
        number: int,
        reason: str,
    ) -> Message:
        return self._add(
            Role.ASSISTANT, parent, content, turn=turn, round=number, stop_reason=reason
        )


def compose(params: Json) -> Json:
    """Return the simulator's answer. Raises RequestRejected."""
    return CLAUDE.compose(
        json.dumps(params).encode(), "2026-10-21", frozenset()
    ).message


def attempt(params: Json) -> tuple[Json, str]:
    """Return the simulator's answer, or {} and why it refuses the request."""
    try:
        return compose(params), ""
    except RequestRejected as rejected:
        return {}, rejected.message


def unmarked(message: Json) -> Json:
    """Return a message without the breakpoint that caching set in it."""
    return {
        **message,
        "content": [
            {key: value for key, value in block.items() if key != "cache_control"}
            for block in message["content"]
        ],
    }


def thinking_of(contents: Iterable[list[Block]]) -> list[Block]:
    return [
        block
        for content in contents
        for block in content
        if block["type"] in THINKING_TYPES
    ]


def repairs_before(repairs: Repairs, known: Repairs) -> Repairs:
    """Return the repairs that may change what was sent when `known` were all."""
    looking_back = (RepairKind.THINKING_STRIPPED, RepairKind.CALL_OMITTED)
    return {
        (message_id, kind): detail
        for (message_id, kind), detail in repairs.items()
        if (message_id, kind) in known or kind in looking_back or kind == "file_gone"
    }


def assert_repaired(before: list[str], after: list[str], repairs: Repairs) -> None:
    """Check that two requests differ by nothing but the closed list."""
    omitted = {
        call
        for (_, kind), detail in repairs.items()
        if kind == RepairKind.CALL_OMITTED
        for call in detail["calls"]
    }
    old, new = comparable(before, omitted), comparable(after, omitted)
    differing = [now for was, now in zip(old, new, strict=False) if was != now]
    assert len(new) >= len(old)
    assert [block for block in differing if "no longer available" not in block] == []


def comparable(messages: list[str], omitted: set[str]) -> list[str]:
    return [
        dump([message["role"], block])
        for message in map(json.loads, messages)
        for block in message["content"]
        if block["type"] not in THINKING_TYPES
        and block.get("tool_use_id") not in omitted
        and block.get("id") not in omitted
    ]
