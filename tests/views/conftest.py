"""A browser without JavaScript, and a reader of the pages it gets."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from chatapp.accounts.models import User

type Open = Callable[..., "Html"]


class Html(HTMLParser):
    """The elements of a page: tag, attributes, and the text directly or deeper inside."""

    VOID = frozenset({"meta", "link", "input", "img", "br", "hr", "path"})

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.status = response.status_code
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        element.ancestors = list(self._open)
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.parts.append(data)

    def all(
        self, tag: str = "", css_class: str = "", **attributes: str
    ) -> "list[Element]":
        """Return the matching elements outside of every <template>."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if (not tag or element.tag == tag)
            and (
                not css_class
                or css_class in element.attributes.get("class", "").split()
            )
            and wanted.items() <= element.attributes.items()
            and not any(ancestor.tag == "template" for ancestor in element.ancestors)
        ]

    def one(self, tag: str = "", css_class: str = "", **attributes: str) -> "Element":
        found = self.all(tag, css_class, **attributes)
        assert len(found) == 1, found
        return found[0]

    def texts(self, tag: str = "", css_class: str = "", **attributes: str) -> list[str]:
        return [element.text for element in self.all(tag, css_class, **attributes)]


class Element:
    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parts: list[str] = []
        self.ancestors: list[Element] = []

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())

    @property
    def is_shown(self) -> bool:
        return not any("hidden" in e.attributes for e in [self, *self.ancestors])

    def __repr__(self) -> str:
        return f"<{self.tag} {self.attributes} {self.text[:40]!r}>"


@pytest.fixture
def open_page(client: Client, alice: User) -> Open:
    """Return a function that opens a page as alice and expects it to be there."""
    client.force_login(alice)

    def open_(path: str, **headers: str) -> Html:
        response = client.get(path, headers=headers)
        assert response.status_code == 200, response.status_code
        return Html(response)

    return open_
