"""Errors: every row of the API's table, and what never shows in one."""

import pickle
from typing import Any

import httpx
import pytest

from conversations.claude import (
    AuthenticationFailed,
    BillingFailed,
    ClaudeError,
    Conflicted,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Provider,
    RateLimited,
    Redirected,
    RequestRejected,
    RequestTimedOut,
    RequestTooLarge,
    Secret,
    SpendLimitReached,
    UpstreamFailed,
    UpstreamOverloaded,
    UpstreamTimedOut,
    errors,
)

from .wire import KEY, Answer, answered, client_for, read


def _body(type_: str, **details: Any) -> dict[str, Any]:
    error: dict[str, Any] = {"type": type_, "message": "Because"}
    if details:
        error["details"] = details
    return {"type": "error", "error": error, "request_id": "req_body"}


async def _failure(answer: Answer | Exception) -> ClaudeError:
    client, _ = client_for(answer, max_retries=0)
    with pytest.raises(ClaudeError) as caught:
        await read(client)
    return caught.value


@pytest.mark.parametrize(
    ("status", "type_", "kind", "retryable"),
    [
        (400, "invalid_request_error", InvalidRequest, False),
        (401, "authentication_error", AuthenticationFailed, False),
        (402, "billing_error", BillingFailed, False),
        (403, "permission_error", PermissionDenied, False),
        (404, "not_found_error", NotFound, False),
        (408, "something_new", RequestTimedOut, True),
        (409, "conflict_error", Conflicted, True),
        (413, "request_too_large", RequestTooLarge, False),
        (422, "something_new", RequestRejected, False),
        (431, "something_new", RequestRejected, False),
        (499, "something_new", RequestRejected, False),
        (429, "rate_limit_error", RateLimited, True),
        (500, "api_error", UpstreamFailed, True),
        (502, "api_error", UpstreamFailed, True),
        (503, "api_error", UpstreamFailed, True),
        (503, "overloaded_error", UpstreamOverloaded, True),
        (504, "timeout_error", UpstreamTimedOut, True),
        (529, "overloaded_error", UpstreamOverloaded, True),
        (555, "something_new", UpstreamFailed, True),
    ],
)
async def test_each_answer_is_its_own_error(
    status: int, type_: str, kind: type[ClaudeError], retryable: bool
) -> None:
    error = await _failure(answered(_body(type_), status, request_id="req_1"))

    assert type(error) is kind
    assert vars(error) == {
        "message": "Because",
        "type": type_,
        "status": status,
        "error_code": None,
        "request_id": "req_1",
        "retryable": retryable,
        "retry_after_seconds": None,
        "details": {},
    }
    assert str(error) == f"Because ({type_}, HTTP {status}, req_1)"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationFailed),
        (402, BillingFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (408, RequestTimedOut),
        (409, Conflicted),
        (413, RequestTooLarge),
        (422, RequestRejected),
        (429, RateLimited),
        (500, UpstreamFailed),
        (502, UpstreamFailed),
        (504, UpstreamTimedOut),
        (529, UpstreamOverloaded),
    ],
)
async def test_an_answer_without_json_goes_by_its_status(
    status: int, kind: type[ClaudeError]
) -> None:
    page = Answer([b"<html><h1>Sorry</h1></html>"], status)

    error = await _failure(page)

    assert type(error) is kind
    assert (error.type, error.message) == (
        kind.usual_type,
        f"HTTP status {status} without a reason",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "HTTP status 413 without a reason"),
        (b"[1]", "HTTP status 413 without a reason"),
        (
            b'{"error": {"type": 7, "message": 8, "details": 9}}',
            "HTTP status 413 without a reason",
        ),
        (b"Body too large\n", "Body too large"),
        (b"x" * 400, "x" * 300),
        (b'{"message": "Too long for us"}', "Too long for us"),
        (b'{"error": "Too long"}', "Too long"),
    ],
)
async def test_the_message_is_the_best_that_the_body_gives(
    body: bytes, message: str
) -> None:
    error = await _failure(Answer([body], 413))

    assert error.message == message


async def test_the_request_id_of_the_body_stands_in() -> None:
    error = await _failure(answered(_body("api_error"), 500))

    assert error.request_id == "req_body"


async def test_a_body_that_breaks_off_leaves_the_status() -> None:
    error = await _failure(Answer([b'{"err', httpx.ReadError("reset")], 529))

    assert type(error) is UpstreamOverloaded


async def test_a_huge_error_body_is_not_read_to_its_end() -> None:
    answer = Answer([b"<" * 60_000] * 2 + [AssertionError("read on")], 500)

    error = await _failure(answer)

    assert type(error) is UpstreamFailed
    assert answer.is_closed


@pytest.mark.parametrize(
    ("error_code", "kind", "retryable"),
    [
        ("enforced_spend_limit_reached", SpendLimitReached, False),
        ("contract_spend_limit_reached", SpendLimitReached, False),
        ("ramp_limit_exceeded", RateLimited, True),
        ("something_new", RateLimited, True),
    ],
)
async def test_a_reached_spend_limit_is_no_rate_limit(
    error_code: str, kind: type[ClaudeError], retryable: bool
) -> None:
    body = _body("rate_limit_error", error_code=error_code)

    error = await _failure(answered(body, 429, x_should_retry="true"))

    assert type(error) is kind
    assert (error.error_code, error.retryable) == (error_code, retryable)


async def test_details_are_kept() -> None:
    details = {"error_code": "image_dimensions_too_large", "paths": ["a", "b"]}

    error = await _failure(answered(_body("invalid_request_error", **details), 400))

    assert error.details == details


@pytest.mark.parametrize(
    ("location", "message"),
    [
        (
            "https://user:pass@elsewhere.example/v1?token=1",
            "The base URL redirects to https://elsewhere.example; "
            "set it to the address of the API itself",
        ),
        ("", "The base URL redirects; set it to the address of the API itself"),
    ],
)
async def test_a_redirect_is_not_followed(location: str, message: str) -> None:
    client, transport = client_for(Answer(status=307, headers={"location": location}))

    with pytest.raises(Redirected) as caught:
        await read(client)

    assert (caught.value.message, caught.value.status) == (message, 307)
    assert len(transport.requests) == 1


@pytest.mark.parametrize("key", [KEY, "gateway-key-of-ours"])
async def test_a_quoted_key_is_masked(key: str) -> None:
    body = _body("authentication_error", error_code=key, deep=[{"key": key}])
    body["error"]["message"] = f"invalid key: {key}"
    client, _ = client_for(answered(body, 401), provider=Provider(api_key=Secret(key)))

    with pytest.raises(AuthenticationFailed) as caught:
        await read(client)

    error = caught.value
    assert error.message == "invalid key: [key]"
    assert error.details == {"error_code": "[key]", "deep": [{"key": "[key]"}]}
    assert key not in f"{error!r} {error} {vars(error)}"


async def test_a_connection_error_neither_quotes_the_key_nor_its_cause() -> None:
    failure = httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'")

    error = await _failure(failure)

    assert type(error) is ConnectionFailed
    assert error.message == "LocalProtocolError: Illegal header value b'Bearer [key]'"
    assert (error.__cause__, error.__suppress_context__) == (None, True)


def test_an_error_survives_pickling() -> None:
    error = UpstreamOverloaded("Busy", status=529, request_id="req_1")

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert (type(copy), vars(copy)) == (type(error), vars(error))


def _names(kind: type[ClaudeError]) -> list[str]:
    below = [name for child in kind.__subclasses__() for name in _names(child)]
    return [kind.__name__, *below]


def test_the_drawn_tree_is_the_tree() -> None:
    lines = [line.lstrip("│├└─ ") for line in (errors.__doc__ or "").splitlines()]
    first_words = [line.split()[0] for line in lines if line]

    tree = _names(ClaudeError)
    assert [word for word in first_words if word in tree] == tree
