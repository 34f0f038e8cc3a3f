"""What of a server's answer reaches Claude."""

from typing import Any

import pytest

from conversations.tools.base import ToolResult
from conversations.tools.mcp.results import read_result


@pytest.mark.parametrize(
    ("result", "content"),
    [
        ({"content": [{"type": "text", "text": "5"}]}, "5"),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            "a\n\nb",
        ),
        ({"content": [], "structuredContent": {"sum": 5}}, '{"sum":5}'),
        ({"content": []}, "The tool gave back nothing."),
        (
            {"content": [{"type": "image", "data": "AAAA", "mimeType": "image/png"}]},
            "[Left out: what the tool gave back besides text (image, image/png).]",
        ),
        (
            {
                "content": [
                    {"type": "resource", "resource": {"uri": "file:///a", "text": "hi"}}
                ]
            },
            "file:///a\nhi",
        ),
        (
            {
                "content": [
                    {"type": "resource", "resource": {"uri": "x", "blob": "AAAA"}},
                    {"type": "resource_link", "name": "doc", "uri": "https://x.test/"},
                ]
            },
            "[Left out: what the tool gave back besides text (file).]\n\n"
            "doc: https://x.test/",
        ),
    ],
)
def test_text_comes_through_and_the_rest_is_named(
    result: dict[str, Any], content: str
) -> None:
    assert read_result(result) == ToolResult(content)


def test_an_error_stays_one() -> None:
    result = {"content": [{"type": "text", "text": "No."}], "isError": True}

    assert read_result(result) == ToolResult("No.", is_error=True)
