"""Claude on Google Cloud as Google serves it (Vertex AI)."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from conversations.claude.call import Call
from conversations.claude.platform_facts import Kind

from .tokened import GoogleProvider


@dataclass(frozen=True, kw_only=True)
class Vertex(GoogleProvider):
    """The model goes into the path, the API's version into the body.

    Model ids have no date, or one behind an @: `claude-opus-4-5@20251101`.
    """

    kind: Kind = "google"

    def own_address(self) -> str:
        """Return the address of the region; three regions have hosts of their own."""
        hosts = {
            "global": "aiplatform.googleapis.com",
            "us": "aiplatform.us.rep.googleapis.com",
            "eu": "aiplatform.eu.rep.googleapis.com",
        }
        host = hosts.get(self.region, f"{self.region}-aiplatform.googleapis.com")
        return f"https://{host}/v1"

    def write(self, call: Call) -> Call:
        """Return the call with the model in its path; counting keeps it in the body."""
        call = super().write(call)
        params = call.params if isinstance(call.params, dict) else {}
        body = {"anthropic_version": self.version, **params}
        if call.path.endswith("/count_tokens"):
            target = "count-tokens:rawPredict"
        else:
            model = quote(str(body.pop("model", "")), safe="@:")
            is_streamed = body.get("stream") is True
            target = f"{model}:{'streamRawPredict' if is_streamed else 'rawPredict'}"
        place = f"/projects/{self.project}/locations/{self.region}"
        path = f"{place}/publishers/anthropic/models/{target}"
        return replace(call, path=path, params=body)

    def headers(self, betas: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the headers: betas, but no version."""
        headers = super().headers(betas)
        del headers["anthropic-version"]
        return headers
