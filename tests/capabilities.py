"""Writes docs/capabilities.md: what of Claude is where, on which platform, shown by what.

    python -m tests.capabilities

The tables come from what the product itself reads (platform_facts.py, catalog.py); a test
fails when the page is behind them, or names a test that is not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conversations.claude.capabilities import supported_efforts, supported_thinking
from conversations.claude.catalog import KNOWN_MODELS, ModelFacts
from conversations.claude.platform_facts import PLATFORMS, Feature, Kind

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "capabilities.md"

SHORT_NAMES: dict[Kind, str] = {
    "anthropic": "Claude API",
    "compatible": "own server",
    "bedrock": "Bedrock",
    "bedrock_legacy": "Bedrock legacy",
    "aws": "on AWS",
    "google": "Vertex AI",
    "google_anthropic": "on Google",
    "foundry": "Foundry",
    "foundry_azure": "Foundry on Azure",
}


@dataclass(frozen=True)
class Capability:
    """Something a person can do; `needs` are what the platform must have for it."""

    name: str
    where: str
    test: str
    needs: tuple[Feature, ...] = ()


CAPABILITIES = (
    Capability("Streamed answers", "conversation", "tests/e2e/test_story.py"),
    Capability(
        "Thinking and effort", "options of the composer", "tests/e2e/test_choices.py"
    ),
    Capability(
        "Pictures, PDFs, texts", "paperclip, drop, paste", "tests/e2e/test_uploads.py"
    ),
    Capability(
        "Citations of documents", "marks in the answer", "tests/e2e/test_links.py"
    ),
    Capability(
        "Prompt caching", "the meter's panel, usage", "tests/prompts/test_build.py"
    ),
    Capability(
        "Why the cache was missed",
        "footer of the answer",
        "tests/turns/test_cache_misses.py",
    ),
    Capability("Compaction", "the conversation's menu", "tests/e2e/test_compaction.py"),
    Capability(
        "Counting before sending",
        "meter in the composer",
        "tests/e2e/test_context_meter.py",
        ("count_tokens",),
    ),
    Capability("Own tools", "options of the composer", "tests/e2e/test_tools.py"),
    Capability(
        "Tools of MCP servers", "page Tools", "tests/views/test_tool_servers.py"
    ),
    Capability(
        "Web search",
        "options of the composer",
        "tests/turns/test_server_tools.py",
        ("web_search",),
    ),
    Capability(
        "Reading web pages",
        "options of the composer",
        "tests/turns/test_server_tools.py",
        ("web_fetch",),
    ),
    Capability(
        "Running code",
        "options of the composer",
        "tests/turns/test_server_tools.py",
        ("code_execution",),
    ),
    Capability(
        "Files made by code",
        "the tool's card",
        "tests/views/test_code_files.py",
        ("files",),
    ),
    Capability(
        "Answers in JSON",
        "options of the composer",
        "tests/e2e/test_json_mode.py",
        ("structured_outputs",),
    ),
    Capability(
        "Titles, tags, what to ask next",
        "list, title menu, above the box",
        "tests/e2e/test_suggestions.py",
    ),
    Capability(
        "Fast mode",
        "options of the composer",
        "tests/turns/test_serving.py",
        ("fast_mode",),
    ),
    Capability(
        "Place of processing",
        "options of the composer",
        "tests/turns/test_serving.py",
        ("residency",),
    ),
    Capability("Batches", "page Batches", "tests/e2e/test_batches.py", ("batches",)),
    Capability(
        "Answer later, half price",
        "options of the composer",
        "tests/e2e/test_later.py",
        ("batches",),
    ),
    Capability(
        "List of models",
        "administration, Providers",
        "tests/admin/test_provider.py",
        ("models",),
    ),
    Capability(
        "Cost of an answer", "under the answer", "tests/usage/test_recording.py"
    ),
    Capability(
        "What was sent", "the answer's Inspect", "tests/views/test_inspector.py"
    ),
)


def page() -> str:
    """Return the page as it has to be."""
    return "\n".join([*_head(), *_by_platform(), *_by_model()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Capabilities"
    yield ""
    yield "Made by `python -m tests.capabilities` from the product's own tables; do not edit."
    yield "What a model or platform lacks is not offered: the picker says why a model cannot go"
    yield "on with a conversation. [providers.md](providers.md) tells how to set a platform up."
    yield ""


def _by_platform() -> Iterator[str]:
    yield "## By platform"
    yield ""
    yield "●: offered, as far as the model has it. -: the platform lacks it. A server of your own"
    yield "is asked; what it cannot do it says itself."
    yield ""
    yield _row("Capability", *SHORT_NAMES.values(), "Where", "Shown by")
    yield _row(*["---"] * (len(SHORT_NAMES) + 3))
    for item in CAPABILITIES:
        marks = [
            "-" if PLATFORMS[kind].lacks & set(item.needs) else "●"
            for kind in SHORT_NAMES
        ]
        test = f"[{Path(item.test).stem}](../{item.test})"
        yield _row(item.name, *marks, item.where, test)
    sizes = [
        f"{PLATFORMS[kind].max_request_bytes // 1024 // 1024} MB"
        for kind in SHORT_NAMES
    ]
    test = "tests/prompts/test_compatibility.py"
    yield _row(
        "Largest request",
        *sizes,
        "checked before sending",
        f"[{Path(test).stem}](../{test})",
    )
    yield ""


def _by_model() -> Iterator[str]:
    yield "## By model"
    yield ""
    yield "As shipped; a refresh from the API replaces it. All read pictures and PDFs. USD per"
    yield "million tokens read and written."
    yield ""
    yield _row("Model", "Window", "Answer", "Thinking", "Effort", "Price")
    yield _row(*["---"] * 6)
    for facts in KNOWN_MODELS:
        thinking = supported_thinking(facts.capabilities)
        efforts = supported_efforts(facts.capabilities)
        yield _row(
            facts.display_name,
            _thousands(facts.max_input_tokens),
            _thousands(facts.max_tokens),
            ", ".join(thinking).replace("_", " ") or "-",
            f"{efforts[0]} to {efforts[-1]}" if efforts else "-",
            _price(facts),
        )


def _price(facts: ModelFacts) -> str:
    if facts.prices is None:
        return "unknown"
    return f"{facts.prices.input} / {facts.prices.output}"


def _thousands(tokens: int) -> str:
    return f"{tokens // 1_000_000} M" if tokens >= 1_000_000 else f"{tokens // 1000} K"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
