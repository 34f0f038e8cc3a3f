"""Server Markdown: exact HTML for the rules that are ours."""

import pytest
from django.utils.safestring import SafeString

from conversations.rendering.limits import MAX_TABLE_CELLS
from conversations.rendering.markdown import render_markdown
from conversations.rendering.math import MAX_FORMULA_LENGTH


def test_the_result_is_safe_and_raw_html_is_text() -> None:
    html = render_markdown("<b onclick=x>&amp;</b>")

    assert isinstance(html, SafeString)
    assert html == '<p dir="auto">&lt;b onclick=x&gt;&amp;&lt;/b&gt;</p>'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# a\n## b\n##### c", ["h4", "h5", "h6"]),
        ("## a\n### b\n# c", ["h4", "h5", "h4"]),
        ("#### a\n# b", ["h4", "h4"]),
    ],
)
def test_headings_continue_below_the_messages_own(
    source: str, expected: list[str]
) -> None:
    html = render_markdown(source)

    assert [part[:2] for part in html.split("<") if part[:1] == "h"] == expected


def test_an_image_becomes_a_link() -> None:
    assert render_markdown("![chart](https://example.org/c.png)") == (
        '<p dir="auto"><a class="remote-image" href="https://example.org/c.png" '
        'target="_blank" rel="noopener noreferrer nofollow">chart</a></p>'
    )


def test_an_address_that_is_refused_leaves_a_link_without_target() -> None:
    html = render_markdown("[x](javascript:alert(1)) <data:text/html,y>")

    assert html == '<p dir="auto"><a>x</a> <a>data:text/html,y</a></p>'


def test_alignment_is_a_class() -> None:
    html = render_markdown("|a|b|\n|:-:|--:|")

    assert html == (
        '<div class="table" role="group" aria-label="Table" tabindex="0">'
        '<table dir="auto"><thead><tr><th scope="col" class="align-center">a</th>'
        '<th scope="col" class="align-right">b</th></tr></thead></table></div>'
    )


def test_a_task_is_a_labelled_box_that_cannot_be_ticked() -> None:
    assert render_markdown("- [x] a\n- [ ] b") == (
        '<ul dir="auto"><li class="task"><input type="checkbox" disabled checked '
        'aria-label="Done"> a</li><li class="task"><input type="checkbox" disabled '
        'aria-label="To do"> b</li></ul>'
    )


def test_code_is_plain_and_its_language_a_class() -> None:
    assert render_markdown("```js title\n<a>\n```") == (
        '<div class="code"><div class="code__bar"><span class="code__language">js'
        '</span></div><div class="code__scroll" role="group" tabindex="0" '
        'aria-label="Code, js"><pre><code class="language-js">&lt;a&gt;\n</code>'
        "</pre></div></div>"
    )


def test_a_fence_info_that_is_no_language_is_dropped() -> None:
    assert "onload" not in render_markdown('```"onload=x\n```')


def test_formulas_are_found_and_money_is_not() -> None:
    html = render_markdown("$a<b$ \\(c\\) $5 and $10, $$d$$\n\n\\[\ne\n\\]")

    assert html == (
        '<p dir="auto"><span class="math" data-tex>a&lt;b</span> '
        '<span class="math" data-tex>c</span> $5 and $10, '
        '<span class="math math--display" data-tex>d</span></p>'
        '<div class="math math--display" data-tex>e</div>'
    )


def test_a_formula_over_the_limit_is_text() -> None:
    tex = "x" * (MAX_FORMULA_LENGTH + 1)

    assert render_markdown(f"${tex}$") == f'<p dir="auto">${tex}$</p>'


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_nesting_thousands_deep_shows_everything_as_text(mark: str) -> None:
    html = render_markdown(f"{mark * 4000}deep\n\nafter")

    assert html.count("<") < 300
    assert mark.strip() in html
    assert "deep" in html
    assert html.endswith("after</p>")


def test_emphasis_nested_too_deep_shows_its_marks() -> None:
    html = render_markdown("*a **b " * 100 + "x" + "** c*" * 100)

    assert html.count("<em>") == html.count("<strong>") == 12
    # Every mark but those of the 12 + 12 elements is still there.
    assert html.count("*") == 600 - 12 * 2 - 12 * 4


def test_a_table_over_the_limit_is_text() -> None:
    rows = MAX_TABLE_CELLS // 2 + 1
    source = "|a|b|\n|-|-|\n" + "|1|2|\n" * rows

    html = render_markdown(source)

    assert "<table" not in html
    assert html.count("|1|2|") == rows


def test_without_a_chip_markers_vanish() -> None:
    html = render_markdown("a\ue0001\ue001 `b\ue0002\ue001` \ue000")

    assert html == '<p dir="auto">a <code>b</code> </p>'


def test_a_chip_is_escaped_unless_safe() -> None:
    html = render_markdown("a\ue0001\ue001", lambda number: f"<{number}>")

    assert html == '<p dir="auto">a&lt;1&gt;</p>'


def test_lone_surrogates_are_replaced() -> None:
    assert render_markdown("a\ud800b") == '<p dir="auto">a\ufffdb</p>'
