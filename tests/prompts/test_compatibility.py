"""What a model cannot take is refused with the numbers and the remedy."""

import pytest

from conversations.claude.platform_models import limited_to
from conversations.models import Attachment, Kind, ModelCard, Prefix, Provider
from conversations.prompts.compatibility import Incompatible, check, misfit, misfits

LARGE = ModelCard(
    model_id="large",
    display_name="Large",
    max_input_tokens=1_000_000,
    capabilities={
        "image_input": {"supported": True},
        "pdf_input": {"supported": True},
        "effort": {
            "supported": True,
            "low": {"supported": True},
            "high": {"supported": True},
            "max": {"supported": True},
        },
        "thinking": {
            "supported": True,
            "types": {
                "adaptive": {"supported": True},
                "disabled": {"supported": True},
            },
        },
    },
)
SMALL = ModelCard(model_id="small", display_name="Small", max_input_tokens=200_000)
BEDROCK = ModelCard(
    model_id="bedrock/large",
    display_name="Large on Bedrock",
    max_input_tokens=1_000_000,
    provider=Provider(slug="bedrock", kind="bedrock"),
)
BLIND = ModelCard(
    model_id="blind",
    display_name="Blind",
    capabilities={
        "image_input": {"supported": False},
        "pdf_input": {"supported": False},
    },
)


def pictures(count: int, size_bytes: int = 10) -> list[Attachment]:
    return [Attachment(kind=Kind.IMAGE, sent_size_bytes=size_bytes)] * count


def paper(pages: int) -> Attachment:
    return Attachment(kind=Kind.PDF, pages=pages, sent_size_bytes=10)


@pytest.mark.parametrize(
    ("card", "files"),
    [
        (LARGE, [*pictures(600), paper(600)]),
        (SMALL, [*pictures(100), paper(100)]),
        (LARGE, pictures(5, 4_700_000)),
        # They are uploaded and named.
        (LARGE, pictures(40, 23 * 1024 * 1024)),
        (BEDROCK, pictures(1, 13 * 1024 * 1024)),
        (BLIND, [Attachment(kind=Kind.TEXT, sent_size_bytes=10)]),
    ],
)
def test_what_fits_fits(card: ModelCard, files: list[Attachment]) -> None:
    assert check(card, files, "", "") is None


@pytest.mark.parametrize(
    ("card", "files", "words"),
    [
        (LARGE, pictures(601), ["601 pictures", "600", "Large"]),
        (SMALL, pictures(101), ["101 pictures", "100", "Small"]),
        (LARGE, [paper(300), paper(301)], ["601 PDF pages", "600"]),
        (SMALL, [paper(101)], ["101 PDF pages", "100"]),
        (LARGE, pictures(5, 4_829_000), ["30.7 MB", "30.0 MB"]),
        (BEDROCK, pictures(1, 14 * 1024 * 1024), ["18.7 MB", "18.0 MB"]),
    ],
)
def test_sums_of_the_whole_path_are_named(
    card: ModelCard, files: list[Attachment], words: list[str]
) -> None:
    problem = check(card, files, "", "")

    assert problem is not None
    assert (problem.type, problem.action) == ("request_too_large", "shorten")
    assert [word for word in words if word not in problem.message] == []


def test_model_that_cannot_see_says_so() -> None:
    assert check(BLIND, pictures(1), "", "") == Incompatible(
        "unsupported_attachment",
        "Blind cannot read pictures. Choose another model.",
        "change_model",
        "no pictures",
    )


@pytest.mark.parametrize(
    ("effort", "thinking", "message"),
    [
        ("xhigh", "", "Large has no effort 'xhigh'. It offers: low, high, max."),
        (
            "",
            "enabled",
            "Large has no thinking 'enabled'. It offers: adaptive, disabled, omitted.",
        ),
        (
            "max",
            "disabled",
            "Effort 'max' needs thinking. Choose effort 'high' or lower, or switch"
            " thinking on.",
        ),
    ],
)
def test_settings_that_a_model_refuses_are_explained(
    effort: str, thinking: str, message: str
) -> None:
    problem = check(LARGE, [], effort, thinking)

    assert problem == Incompatible("unsupported_setting", message, "change_model")


def test_unknown_model_offers_no_settings() -> None:
    problem = check(SMALL, [], "high", "")

    assert problem is not None
    assert "leave it at the model's default" in problem.message


def at(kind: str, **capabilities: bool) -> ModelCard:
    """Return a card of a platform with what is left of these capabilities there."""
    provider = Provider(name="Cloud", slug="cloud", kind=kind)
    known = {name: {"supported": value} for name, value in capabilities.items()}
    return ModelCard(
        model_id="cloud/opus",
        display_name="Opus",
        provider=provider,
        capabilities=limited_to(known, provider.facts.lacks),
    )


@pytest.mark.parametrize(
    ("kind", "tool", "brief"),
    [
        ("bedrock", "web_search_20260318", "no web search"),
        ("bedrock", "tool_search_tool_bm25_20251119", "no tool search"),
        ("bedrock_legacy", "code_execution_20260521", "no code execution"),
        ("google", "web_fetch_20260318", "no web pages"),
        ("google", "web_search_20260318", None),
        ("aws", "web_search_20260318", None),
        ("google_anthropic", "code_execution_20260521", None),
        ("bedrock", None, None),
    ],
)
def test_a_conversation_keeps_the_tools_that_it_began_with(
    kind: str, tool: str | None, brief: str | None
) -> None:
    prefix = Prefix(tools=[{"type": tool, "name": "x"} if tool else {"name": "own"}])

    problem = misfit(at(kind), [], prefix)

    assert (problem and problem.brief) == brief
    if problem:
        assert problem.message.startswith("Opus on Cloud has no ")
        assert problem.action == "change_model"


def test_a_conversation_in_json_needs_structured_answers() -> None:
    prefix = Prefix(json_schema={"type": "object"})

    bedrock = at("bedrock", structured_outputs=True)
    aws = at("aws", structured_outputs=True)
    aws.model_id = "aws/opus"

    assert misfits([bedrock, aws], [], prefix) == {"cloud/opus": "no JSON"}


@pytest.mark.parametrize(
    ("kind", "megabytes", "fits"),
    [
        ("anthropic", 22, True),
        ("google", 20, True),
        ("google", 22, False),
        ("bedrock", 13, True),
        ("bedrock", 14, False),
    ],
)
def test_a_request_is_as_large_as_its_platform_allows(
    kind: str, megabytes: int, fits: bool
) -> None:
    problem = misfit(at(kind), pictures(1, size_bytes=megabytes * 1024 * 1024))

    assert (problem is None) == fits
    if problem:
        assert "fit with Cloud" in problem.message
        assert problem.brief == "too large"
