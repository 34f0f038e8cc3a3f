"""From the body of a request to the finished message, all in one thread."""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conversations.simulator.answers.limits import block_tokens
from conversations.simulator.answers.question import read_question
from conversations.simulator.answers.suggestions import is_suggestion_request
from conversations.simulator.answers.titles import is_title_request
from conversations.simulator.caching import Diagnoses, InputTokens, PromptCache
from conversations.simulator.catalogue import find_usable_model
from conversations.simulator.errors import RequestRejected
from conversations.simulator.faults import Faults
from conversations.simulator.files import Files
from conversations.simulator.material import Material, MaterialReader
from conversations.simulator.models import Model
from conversations.simulator.prefix import pieces
from conversations.simulator.responder import Answer, is_pausing, respond
from conversations.simulator.scenarios import NO_SCENARIO, Scenario, parse_scenario
from conversations.simulator.tokens import TokenCount
from conversations.simulator.validation import (
    check_contents,
    check_params,
    check_request,
)
from conversations.simulator.validation.compaction import is_compacting
from conversations.simulator.validation.echo import Echo, check_echo
from conversations.simulator.wire import Json, NewId

CONTAINER_SECONDS = 3600  # ours: the API says only that it rolls on
MAX_BODY_BYTES = 32 * 1024 * 1024
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Composed:
    """A finished message and how it shall be delivered."""

    message: Json
    scenario: Scenario
    is_streamed: bool
    seed: str


@dataclass(frozen=True)
class Checked:
    """A request that has passed every check."""

    params: Json
    model: Model
    scenario: Scenario
    material: Material
    echo: Echo
    input_tokens: int

    def counter(self) -> TokenCount:
        """Return a fresh counter for the pieces of this request."""
        return TokenCount(self.model, self.material, self.echo.dropped)


class Composer:
    """Answers Messages requests. Its methods block; threads may share it."""

    def __init__(
        self,
        models: Sequence[Model],
        clock: Callable[[], float],
        new_id: NewId,
        files: Files,
    ) -> None:
        self._models = models
        self._new_id = new_id
        self._reader = MaterialReader(files)
        self._cache = PromptCache(clock)
        self._diagnoses = Diagnoses()
        self._faults = Faults()
        self._clock = clock
        self._lock = threading.Lock()

    def compose(self, raw_body: bytes, version: str, betas: frozenset[str]) -> Composed:
        """Return the answer to a request. Raises RequestRejected."""
        params = parse_body(raw_body)
        checked = self._check(params, version, betas, counting=False)
        with self._lock:
            self._faults.play(checked.scenario, hashlib.sha256(raw_body).digest())
            tokens = self._cache.use(params, checked.model, checked.counter())
        seed = _seed(params)
        answer = respond(
            params, checked.model, checked.material, checked.scenario, seed
        )
        message = self._message(checked, answer, tokens)
        with self._lock:
            asked = params, checked.model, tokens
            message["diagnostics"] = self._diagnoses.explain(*asked)
            self._diagnoses.remember(message["id"], *asked)
        return Composed(
            message,
            checked.scenario,
            bool(params.get("stream")),
            seed,
        )

    def count(self, raw_body: bytes, version: str, betas: frozenset[str]) -> Json:
        """Return the number of input tokens of a request. Raises RequestRejected."""
        params = parse_body(raw_body)
        checked = self._check(params, version, betas, counting=True)
        return {"input_tokens": checked.input_tokens}

    def _check(
        self, params: Any, version: str, betas: frozenset[str], *, counting: bool
    ) -> Checked:
        check_params(params, version, counting=counting)
        model = find_usable_model(self._models, params["model"])
        check_contents(params, version)
        scenario = NO_SCENARIO
        # These quote the prompt; the scenario is not meant for them.
        is_aside = is_title_request(params) or is_suggestion_request(params)
        if not counting and not is_aside:
            scenario = parse_scenario(_prompt(params))
        is_paused = is_pausing(params, scenario)
        check_request(params, model, betas, is_paused=is_paused)
        material = self._reader.read(params, model)
        echo = check_echo(params, model, {known.id: known for known in self._models})
        count = TokenCount(model, material, echo.dropped)
        total = sum(count.piece(piece) for piece in pieces(params))
        if total > model.max_input_tokens:
            raise RequestRejected(
                f"prompt is too long: {total} tokens > {model.max_input_tokens} maximum"
            )
        return Checked(params, model, scenario, material, echo, total)

    def _message(self, checked: Checked, answer: Answer, tokens: InputTokens) -> Json:
        message: Json = {
            "id": self._new_id("msg"),
            "type": "message",
            "role": "assistant",
            "model": checked.params["model"],
            "content": answer.content,
            "stop_reason": answer.stop_reason,
            "stop_sequence": answer.stop_sequence,
            "stop_details": answer.stop_details,
            "container": self._container(answer),
            "diagnostics": None,
            "usage": _usage(checked, answer, tokens),
        }
        if checked.echo.transformations:
            message["input_transformations"] = checked.echo.transformations
        return message

    def _container(self, answer: Answer) -> Json | None:
        if answer.container is None:
            return None
        expires = datetime.fromtimestamp(self._clock() + CONTAINER_SECONDS, UTC)
        return {
            "id": answer.container,
            "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "skills": None,
        }


def parse_body(raw_body: bytes, limit: int = MAX_BODY_BYTES) -> Any:
    """Return the parsed body. Raises RequestRejected when it is too big or no JSON."""
    if len(raw_body) > limit:
        raise RequestRejected(
            f"Request exceeds the maximum size of {limit} bytes", status=413
        )
    try:
        body = json.loads(raw_body)
        if SURROGATE.search(raw_body):
            # Python's parser takes half a character; the API's does not.
            json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RequestRejected(
            "The request body is not valid JSON: no low surrogate in string"
        ) from error
    except (ValueError, RecursionError) as error:
        raise RequestRejected(f"The request body is not valid JSON: {error}") from error
    return body


def _prompt(params: Json) -> str:
    """Return where a scenario may be named."""
    if is_compacting(params):
        return params["compaction"].get("instructions") or ""
    return read_question(params).prompt


def _usage(checked: Checked, answer: Answer, tokens: InputTokens) -> Json:
    usage = _sampled(checked, answer, tokens)
    if not is_compacting(checked.params):
        return usage
    # What a compaction used is no part of the totals (API reference, usage).
    iteration = {"type": "compaction", **tokens.as_usage()}
    iteration["output_tokens"] = usage["output_tokens"]
    nothing = InputTokens(0, 0, 0, 0).as_usage()
    return {**usage, **nothing, "output_tokens": 0, "iterations": [iteration]}


def _sampled(checked: Checked, answer: Answer, tokens: InputTokens) -> Json:
    thinking = [block for block in answer.content if block["type"] == "thinking"]
    return {
        **tokens.as_usage(),
        "output_tokens": sum(block_tokens(b, checked.model) for b in answer.content),
        "output_tokens_details": {
            "thinking_tokens": sum(block_tokens(b, checked.model) for b in thinking)
        },
        "server_tool_use": answer.server_tool_use,
        "service_tier": "standard",
        "speed": checked.params.get("speed") or "standard",
        "inference_geo": checked.params.get("inference_geo") or "global",
    }


def _seed(params: Json) -> str:
    """Return what makes answers repeatable: the request, streamed or not."""
    asked = {key: value for key, value in params.items() if key != "stream"}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
