"""What every request must bring: a key, an API version, known betas."""

from collections.abc import Mapping

from conversations.simulator.errors import RequestRejected, invalid

VERSIONS = ("2023-06-01", "2026-10-21")
INVALID_KEY = "sk-ant-invalid"
BETAS = frozenset(
    {
        "advisor-tool-2026-03-01",
        "cache-diagnosis-2026-04-07",
        "compact-2026-01-12",
        "compact-2026-09-04",
        "context-management-2025-06-27",
        "fallback-credit-2026-07-01",
        "fast-mode-2026-02-01",
        "inline-tools-2026-09-15",
        "interleaved-thinking-2025-05-14",
        "mcp-client-2025-11-20",
        "mcp-client-2026-09-15",
        "message-threads-2026-08-12",
        "mid-conversation-output-config-2026-07-01",
        "mid-conversation-system-clear-at-2026-08-21",
        "mid-conversation-tool-changes-2026-07-01",
        "output-300k-2026-03-24",
        "server-side-fallback-2026-07-01",
        "task-budgets-2026-03-13",
        "thinking-binding-controls-2026-08-01",
        "thinking-display-updates-2026-08-18",
        "thinking-token-count-2026-05-13",
    }
)


def check_key(headers: Mapping[str, str]) -> None:
    """Check that exactly one key came, and not the one that is never valid."""
    key = headers.get("x-api-key", "").strip()
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if key and token:
        raise RequestRejected(
            "send either x-api-key or Authorization, not both", status=401
        )
    if not (key or token):
        raise RequestRejected("x-api-key header is required", status=401)
    if INVALID_KEY in (key, token):
        raise RequestRejected("invalid x-api-key", status=401)


def read_version(headers: Mapping[str, str]) -> str:
    """Return the API version of a request."""
    version = headers.get("anthropic-version")
    if version is None:
        raise invalid("anthropic-version", "header is required")
    if version not in VERSIONS:
        raise invalid("anthropic-version", f'"{version}" is not a valid version')
    return version


def read_betas(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the beta features that a request names."""
    names = headers.get("anthropic-beta", "").split(",")
    betas = frozenset(name.strip() for name in names if name.strip())
    if unknown := betas - BETAS:
        raise invalid("anthropic-beta", f"Unexpected value(s) `{min(unknown)}`")
    return betas
