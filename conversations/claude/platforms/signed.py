"""What the three platforms on AWS have in common."""

from dataclasses import dataclass
from typing import ClassVar

import httpx

from conversations.claude.call import Call, LongBody
from conversations.claude.provider import Provider

from .parts import checked_host_part
from .sigv4 import AwsSigner


@dataclass(frozen=True, kw_only=True)
class AwsProvider(Provider):
    """Signs with SigV4, unless a key (a bearer token of the platform) is given."""

    address: ClassVar[str]
    service: ClassVar[str]

    base_url: str = ""
    region: str

    def __post_init__(self) -> None:
        region = checked_host_part("region", self.region)
        base_url = self.base_url or self.address.format(region=region)
        object.__setattr__(self, "base_url", base_url)
        super().__post_init__()
        object.__setattr__(self, "_signer", AwsSigner(self.service, region))

    async def authorize(self, request: httpx.Request, call: Call) -> None:
        """Sign the request, its body included."""
        if self.api_key is None:
            signer: AwsSigner = self._signer  # type: ignore[attr-defined]  # frozen
            long = call.params if isinstance(call.params, LongBody) else None
            await signer.sign(request, long)
