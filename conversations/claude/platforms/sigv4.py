"""Signing requests for AWS, by botocore and with the credentials of the machine."""

import asyncio
import hashlib
import threading
from typing import Any

import httpx

from conversations.claude.call import LongBody
from conversations.claude.errors import NotReady

from .extras import load

# Proxies change the others on the way, and then no signature fits.
_SIGNED_HEADERS = ("content-type", "anthropic-", "x-amz-")


class AwsSigner:
    """Signs for one service in one region.

    Credentials are looked for where all AWS tools do: environment, profile, container,
    instance. Looking and renewing block, and so does hashing a large body: in a thread.
    """

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._credentials: Any = None
        self._lock = threading.Lock()

    async def sign(self, request: httpx.Request, body: LongBody | None) -> None:
        """Add the headers of a signature; a long body is read once more for it."""
        if body is not None:
            digest = hashlib.sha256()
            async for chunk in body.chunks():
                digest.update(chunk)
            request.headers["x-amz-content-sha256"] = digest.hexdigest()
        request.headers.update(await asyncio.to_thread(self._headers, request))

    def _headers(self, request: httpx.Request) -> dict[str, str]:
        auth = load("botocore.auth", "aws")
        wire = load("botocore.awsrequest", "aws")
        signed = wire.AWSRequest(
            method=request.method,
            url=str(request.url),
            data=b"" if "x-amz-content-sha256" in request.headers else request.content,
            headers={
                name: value
                for name, value in request.headers.items()
                if name.startswith(_SIGNED_HEADERS)
            },
        )
        auth.SigV4Auth(self._frozen(), self._service, self._region).add_auth(signed)
        return dict(signed.headers.items())

    def _frozen(self) -> Any:
        """Return credentials that cannot change while they sign."""
        exceptions = load("botocore.exceptions", "aws")
        try:
            with self._lock:
                if self._credentials is None:
                    session = load("botocore.session", "aws").Session()
                    self._credentials = session.get_credentials()
            if self._credentials is not None:
                return self._credentials.get_frozen_credentials()
        except (exceptions.BotoCoreError, exceptions.ClientError) as error:
            raise NotReady(f"The AWS credentials cannot be used: {error}") from None
        raise NotReady(
            "There are no AWS credentials: set AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY, give the machine a role, or name a key."
        )
