"""The models that the simulator knows, and how each of them behaves."""

from dataclasses import dataclass
from typing import Literal

from conversations.simulator.wire import Json

type Version = tuple[int, int]

COMPACTION_BETA = "compact-2026-09-04"
EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True)
class Model:
    """One model. Everything else about it follows from its line and version."""

    id: str
    line: str
    version: Version
    released: str
    alias: str | None = None
    lifecycle: Literal["active", "deprecated", "retired"] = "active"
    retires_at: str | None = None

    @property
    def display_name(self) -> str:
        if self.id.endswith("-preview"):
            return "Claude Mythos Preview"
        major, minor = self.version
        number = f"{major}.{minor}" if minor else str(major)
        return f"Claude {self.line.title()} {number}"

    @property
    def is_old(self) -> bool:
        """Whether it is of the 4.5 generation: small window, prefill allowed."""
        return self.version <= (4, 5)

    @property
    def max_input_tokens(self) -> int:
        return 200_000 if self.is_old else 1_000_000

    @property
    def max_tokens(self) -> int:
        return 64_000 if self.is_old else 128_000

    @property
    def thinks_always(self) -> bool:
        if self.line in ("fable", "mythos"):
            return True
        return self.line == "opus" and self.version >= (5, 5)

    @property
    def thinks_by_default(self) -> bool:
        return self.version >= (5, 0) or self.thinks_always

    @property
    def thinking_types(self) -> tuple[str, ...]:
        if self.thinks_always:
            return ("adaptive",)
        if self.line == "sonnet" and self.version >= (5, 5):
            return ("adaptive", "between_tools")
        if self.is_old:
            return ("enabled", "disabled")
        if self.version == (4, 6):
            return ("adaptive", "enabled", "disabled")
        return ("adaptive", "disabled")

    @property
    def quiet_effort_limit(self) -> bool:
        """Whether turning thinking off excludes the efforts xhigh and max."""
        return (self.line, self.version) in {
            ("sonnet", (5, 5)),
            ("haiku", (5, 5)),
            ("opus", (5, 0)),
        }

    @property
    def efforts(self) -> tuple[str, ...]:
        if self.is_old:
            return EFFORTS[:3] if self.line == "opus" else ()
        return ("low", "medium", "high", "max") if self.version == (4, 6) else EFFORTS

    @property
    def default_effort(self) -> str:
        modest = self.version == (5, 5) and self.line in ("opus", "haiku")
        return "medium" if modest else "high"

    @property
    def shows_thinking(self) -> bool:
        """Whether the default display is `summarized` and not `omitted`."""
        return self.version <= (4, 6)

    @property
    def has_preserved_thinking(self) -> bool:
        if self.line in ("fable", "mythos"):
            return self.version >= (5, 1)
        return self.version >= (5, 5)

    @property
    def takes_forced_tools(self) -> bool:
        if self.id == "claude-mythos-preview":
            return False
        # Where the table of models leaves it open, "ok" is assumed for Haiku
        # 5.5 and the 5.0 generation, as it says.
        return not (self.has_preserved_thinking and self.line != "haiku")

    @property
    def takes_system_messages(self) -> bool:
        return self.version >= (4, 8) and (self.line, self.version) != (
            "sonnet",
            (5, 0),
        )

    @property
    def takes_large_images(self) -> bool:
        return self.version >= (4, 7)

    @property
    def cache_minimum_tokens(self) -> int:
        if self.version >= (5, 0):
            return 1024 if (self.line, self.version) == ("sonnet", (5, 0)) else 512
        if self.version == (4, 7):
            return 2048
        if self.line == "sonnet" or self.version == (4, 8):
            return 1024
        return 4096

    def reads_thinking_of(self, writer: "Model") -> bool:
        """Return whether a thinking block of `writer` means anything to this model."""
        if self.id == writer.id:
            return True
        if (self.line, self.version) == ("haiku", (5, 5)):
            return False
        if (writer.line, writer.version) == ("haiku", (5, 5)):
            return True
        if writer.version == (5, 2):
            return self.version == (5, 2)
        if self.version == (5, 1) and writer.line == "opus":
            return True
        return self.released >= writer.released

    @property
    def compacts_on_demand(self) -> bool:
        return not self.is_old

    def as_json(self, betas: frozenset[str] = frozenset()) -> Json:
        """Return the entry of `GET /v1/models`; betas have it tell more."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "created_at": f"{self.released}T00:00:00Z",
            "line": self.line,
            "lifecycle": self.lifecycle,
            "deprecated_at": None,
            "retires_at": self.retires_at,
            "max_input_tokens": self.max_input_tokens,
            "max_tokens": self.max_tokens,
            "capabilities": _capabilities(self, betas),
        }


def _capabilities(model: Model, betas: frozenset[str]) -> Json:
    newer = model.version >= (4, 6)
    thinking = ("adaptive", "enabled", "disabled", "between_tools")
    edits = ("clear_tool_uses_20250919", "clear_thinking_20251015", "compact_20260112")
    capabilities = {
        "batch": _supported(True),
        "citations": _supported(True),
        "code_execution": _supported(True),
        "image_input": _supported(True),
        "pdf_input": _supported(True),
        "structured_outputs": _supported(True),
        "server_tools": {
            "supported": True,
            "web_search": _supported(True),
            "code_execution": _supported(True),
        },
        "effort": {
            "supported": bool(model.efforts),
            **{level: _supported(level in model.efforts) for level in EFFORTS},
        },
        "thinking": {
            "supported": True,
            "types": {
                kind: _supported(kind in model.thinking_types) for kind in thinking
            },
        },
        "context_management": {
            "supported": True,
            **{edit: _supported(newer or edit != edits[-1]) for edit in edits},
        },
    }
    if COMPACTION_BETA in betas:
        compacts = _supported(model.compacts_on_demand)
        capabilities["compaction"] = {**compacts, "summarize": compacts}
    return capabilities


def _supported(supported: bool) -> Json:
    return {"supported": supported}


# The ids, newest first as the API lists them (claude-api, section 14.2).
KNOWN_MODELS = (
    Model("claude-fable-5-2", "fable", (5, 2), "2026-11-09"),
    Model("claude-mythos-5-2", "mythos", (5, 2), "2026-11-09"),
    Model("claude-haiku-5-5", "haiku", (5, 5), "2026-10-07"),
    Model("claude-sonnet-5-5", "sonnet", (5, 5), "2026-09-28"),
    Model("claude-opus-5-5", "opus", (5, 5), "2026-09-22"),
    Model("claude-fable-5-1", "fable", (5, 1), "2026-09-01"),
    Model("claude-mythos-5-1", "mythos", (5, 1), "2026-09-01"),
    Model("claude-opus-5", "opus", (5, 0), "2026-07-24"),
    Model("claude-sonnet-5", "sonnet", (5, 0), "2026-06-30"),
    Model("claude-fable-5", "fable", (5, 0), "2026-06-09"),
    Model("claude-mythos-5", "mythos", (5, 0), "2026-06-09"),
    Model("claude-opus-4-8", "opus", (4, 8), "2026-05-28"),
    Model("claude-opus-4-7", "opus", (4, 7), "2026-04-16"),
    # Its release is not published: the epoch stands for "unknown" in the API.
    Model(
        "claude-mythos-preview",
        "mythos",
        (4, 7),
        "1970-01-01",
        lifecycle="retired",
        retires_at="2026-06-30T00:00:00Z",
    ),
    Model("claude-sonnet-4-6", "sonnet", (4, 6), "2026-02-17"),
    Model("claude-opus-4-6", "opus", (4, 6), "2026-02-05"),
    Model(
        "claude-opus-4-5",
        "opus",
        (4, 5),
        "2025-11-24",
        alias="claude-opus-4-5-20251101",
    ),
    Model(
        "claude-haiku-4-5",
        "haiku",
        (4, 5),
        "2025-10-15",
        alias="claude-haiku-4-5-20251001",
    ),
    Model(
        "claude-sonnet-4-5",
        "sonnet",
        (4, 5),
        "2025-09-29",
        alias="claude-sonnet-4-5-20250929",
        lifecycle="deprecated",
        retires_at="2026-11-30T00:00:00Z",
    ),
)
