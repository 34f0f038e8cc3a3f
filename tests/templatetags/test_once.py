"""Markup that is rendered for the first page only."""

from django.template import Context, Template


def test_the_first_rendering_serves_every_page() -> None:
    template = Template(
        "{% load once %}{{ person }}: {% once word %}{{ word }}{% endonce %}"
    )

    first = template.render(Context({"person": "alice", "word": "hello"}))
    second = template.render(Context({"person": "bob", "word": "good-bye"}))

    assert (first, second) == ("alice: hello", "bob: hello")


def test_it_sees_nothing_of_the_request() -> None:
    template = Template("{% load once %}{% once %}[{{ person }}]{% endonce %}")

    assert template.render(Context({"person": "alice"})) == "[]"


def test_what_it_names_is_escaped() -> None:
    template = Template("{% load once %}{% once word %}{{ word }}{% endonce %}")

    assert template.render(Context({"word": "<b>"})) == "&lt;b&gt;"


def test_two_templates_do_not_share_their_markup() -> None:
    nodes = [
        Template("{% load once %}{% once word %}{{ word }}{% endonce %}")
        for _ in range(2)
    ]

    assert nodes[0].render(Context({"word": "one"})) == "one"
    assert nodes[1].render(Context({"word": "two"})) == "two"
