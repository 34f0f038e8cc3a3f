"""Markup that is the same on every page, rendered once."""

from collections.abc import Sequence

from django import template
from django.template import Context
from django.template.base import NodeList, Parser, Token
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.tag
def once(parser: Parser, token: Token) -> "OnceNode":
    """Render what stands between `once` and `endonce` for the first page only.

    It sees nothing of a request: only the variables that the tag names, which must be
    the same on every page.
    """
    nodes = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodes, token.split_contents()[1:])


class OnceNode(template.Node):
    """Keeps its markup for as long as the compiled template lives."""

    def __init__(self, nodelist: NodeList, names: Sequence[str]) -> None:
        self.nodelist = nodelist
        self._names = names
        self._html: SafeString | None = None

    def render(self, context: Context) -> SafeString:
        """Return the markup. Two threads at once would both make the same."""
        if self._html is None:
            self._html = self._render(context)
        return self._html

    def _render(self, context: Context) -> SafeString:
        seen = Context({name: context[name] for name in self._names})
        assert context.template is not None
        with seen.bind_template(context.template):
            # What a template rendered is escaped already.
            return mark_safe(self.nodelist.render(seen))  # noqa: S308
