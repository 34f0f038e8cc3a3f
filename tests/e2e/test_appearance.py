"""Light and dark, and a narrow screen."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.chat import Chat
from tests.e2e.conftest import OpenChat, OpenContext
from tests.e2e.files import photograph, report
from tests.serving import RunningServer

PHONE = ViewportSize(width=390, height=844)
BACKGROUND = "() => getComputedStyle(document.documentElement).backgroundColor"
LIGHT, DARK = "rgb(251, 250, 248)", "rgb(27, 26, 25)"  # the token `bg`
EVERYTHING = """\
[simulate: echo] # Heading with a rather-long-unbreakable-word-in-it-that-goes-on-and-on

| a column | another column | a third column | a fourth column | and a fifth column |
|---|---|---|---|---|
| some text | some more text | even more text | text | text that needs its place |

```python
def a_function_with_a_long_name(first_argument, second_argument, third_argument): return 1
```

$$\\sum_{i=1}^{n} x_i + \\int_0^\\infty e^{-x^2}\\,dx + a + b + c + d + e + f + g + h + i + j + k = 0$$

https://example.com/a/very/long/address/without/any/break/in/it/that/would/not/fit/on/a/line

- [ ] open
- [x] done
"""


@pytest.mark.parametrize(("scheme", "colour"), [("light", LIGHT), ("dark", DARK)])
def test_page_follows_the_system(
    open_chat: OpenChat,
    server: RunningServer,
    scheme: Literal["light", "dark"],
    colour: str,
) -> None:
    chat = open_chat(server, color_scheme=scheme)

    assert chat.page.evaluate(BACKGROUND) == colour


def test_chosen_theme_stays(chat: Chat) -> None:
    html = chat.page.locator("html")
    for choice, colour in (("Dark", DARK), ("Light", LIGHT)):
        chat.page.get_by_role("button", name="Account of root").click()
        chat.page.get_by_role("radio", name=choice).check(force=True)
        expect(html).to_have_attribute("data-theme", choice.lower())
        assert chat.page.evaluate(BACKGROUND) == colour
        chat.reload()
        expect(html).to_have_attribute("data-theme", choice.lower())
        assert chat.page.evaluate(BACKGROUND) == colour

    chat.page.get_by_role("button", name="Account of root").click()
    chat.page.get_by_role("radio", name="System").check(force=True)
    chat.reload()
    expect(html).not_to_have_attribute("data-theme", re.compile(".*"))


def overflow_of(page: Page) -> list[int]:
    """Return the widths of the document and of the log: content, then view."""
    widths: list[int] = page.evaluate(
        """() => [document.documentElement, document.getElementById("log")].flatMap(
          (box) => box ? [Math.max(0, box.scrollWidth - box.clientWidth)] : [])"""
    )
    return widths


def test_nothing_overflows_at_390_pixels(
    open_chat: OpenChat, server: RunningServer
) -> None:
    chat = open_chat(server, viewport=PHONE)
    assert overflow_of(chat.page) == [0, 0]
    chat.attach(report(), photograph())
    assert overflow_of(chat.page) == [0, 0]
    chat.ask("What was the tidal range, and what is in the photo?")
    chat.ask(EVERYTHING)
    chat.ask("[simulate: refusal]")
    expect(chat.page.locator(".katex").first).to_be_visible()
    assert overflow_of(chat.page) == [0, 0]

    path = f"/conversations/{chat.id}/"
    for address in (
        f"{path}delete/",
        "/conversations/",
        "/accounts/password/change/",
        "/accounts/logout/",
    ):
        chat.page.goto(address)
        assert (address, max(overflow_of(chat.page))) == (address, 0)


def test_log_in_page_fits_at_390_pixels(
    open_context: OpenContext, server: RunningServer
) -> None:
    page = open_context(server, is_logged_in=False, viewport=PHONE).new_page()
    page.goto("/accounts/login/")

    assert overflow_of(page) == [0]


def test_narrow_page_has_the_list_in_a_drawer(
    open_chat: OpenChat, server: RunningServer
) -> None:
    chat = open_chat(server, viewport=PHONE, has_touch=True, is_mobile=True)
    drawer = chat.page.get_by_role("navigation", name="Conversations")
    expect(drawer).to_be_hidden()
    chat.box.fill("[simulate: echo] one")
    chat.box.press("Enter")
    # On a phone Enter makes a line.
    expect(chat.questions).to_have_count(0)
    chat.page.get_by_role("button", name="Send").tap()
    chat.finished()

    chat.page.get_by_role("button", name="Show conversations").tap()
    expect(drawer).to_be_visible()
    drawer.locator("#new-chat").tap()

    expect(chat.page).to_have_url(re.compile(r"/$"))
