"""Checking AWS signatures, by letting botocore make each of them once more."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from conversations.simulator.errors import RequestRejected
from conversations.simulator.wire import ReceivedRequest

TOLERANCE_SECONDS = 300
MUST_BE_SIGNED = {"host", "x-amz-date", "content-type"}
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/"
    r"(?P<service>[^/]+)/aws4_request, SignedHeaders=(?P<headers>[a-z0-9;-]+), "
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class AwsAccount:
    """Who may sign, for what and where; `bearer` is the key that needs no signature."""

    service: str
    region: str = "eu-central-1"
    access_key: str = "AKIASIMULATED"
    secret_key: str = "simulated/secret+key"  # noqa: S105  of nobody
    session_token: str | None = None
    bearer: str = "ABSKsimulated"


def check_access(request: ReceivedRequest, account: AwsAccount, now: float) -> None:
    """Check the key or the signature of a request. Raises RequestRejected."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("Bearer "):
        if authorization.removeprefix("Bearer ") != account.bearer:
            raise _denied("The security token included in the request is invalid.")
        return
    match = AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise _denied("Missing Authentication Token")
    signed = match["headers"].split(";")
    _check_scope(match, account)
    _check_headers(request, account, signed, now)
    if not hmac.compare_digest(
        match["signature"], _signature(request, account, signed)
    ):
        raise _denied(
            "The request signature we calculated does not match the signature you provided."
        )


def _check_scope(match: re.Match[str], account: AwsAccount) -> None:
    if match["key"] != account.access_key:
        raise _denied("The security token included in the request is invalid.")
    if (match["region"], match["service"]) != (account.region, account.service):
        raise _denied(
            f"Credential should be scoped to a valid region and service:"
            f" '{account.region}', '{account.service}'."
        )


def _check_headers(
    request: ReceivedRequest, account: AwsAccount, signed: list[str], now: float
) -> None:
    if missing := MUST_BE_SIGNED - set(signed):
        raise _denied(f"'{min(missing)}' must be a signed header")
    if unsigned := [h for h in request.headers if _must_sign(h) and h not in signed]:
        raise _denied(f"'{unsigned[0]}' must be a signed header")
    if request.headers.get("x-amz-security-token") != account.session_token:
        raise _denied("The security token included in the request is invalid.")
    sent = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
    if abs(sent.timestamp() - now) > TOLERANCE_SECONDS:
        raise _denied("Signature expired")


def _must_sign(header: str) -> bool:
    return header.startswith(("x-amz-", "anthropic-"))


def _signature(request: ReceivedRequest, account: AwsAccount, signed: list[str]) -> str:
    again = AWSRequest(
        method=request.method,
        url=f"https://{request.headers['host']}{request.raw_path}",
        params=dict(request.query),
        data=request.raw_body,
        headers={name: request.headers.get(name, "") for name in signed},
    )
    again.context["timestamp"] = request.headers["x-amz-date"]
    keys = Credentials(account.access_key, account.secret_key, account.session_token)
    auth = SigV4Auth(keys, account.service, account.region)
    text = auth.string_to_sign(again, auth.canonical_request(again))
    return str(auth.signature(text, again))


def _denied(message: str) -> RequestRejected:
    headers = {"x-amzn-errortype": "AccessDeniedException"}
    return RequestRejected(message, status=403, headers=headers)
