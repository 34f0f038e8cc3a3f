"""What Claude writes never runs and never reaches out."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat

HOSTILE = """\
<script>alert(1)</script><img src=x onerror=alert(2)>

<iframe src="https://evil.example/"></iframe><style>body{display:none}</style>

![remote](https://evil.example/pixel.png) ![data](data:image/svg+xml,<svg/onload=alert(3)>)

[script](javascript:alert(4)) [odd](JaVaScRiPt:alert(5)) [data](data:text/html,<script>alert(6)</script>)
[far](//evil.example/) [back](\\\\evil.example) [vb](vbscript:alert(7)) <javascript:alert(8)>

<a href="javascript:alert(9)" onclick="alert(10)">click</a> <form action="https://evil.example/"><button>go</button></form>

| a | b |
|---|---|
| <svg onload=alert(11)> | [x](javascript:alert(12)) |

```html
<script>alert(13)</script>
```

$\\href{javascript:alert(14)}{x}$ $\\includegraphics{https://evil.example/x.png}$

[ok](https://example.com/) \ue0001\ue001 \u202egnp.exe
"""


# What remains to be clicked on; nothing is loaded from there.
ADDRESSES = {
    "https://evil.example/",
    "https://evil.example/pixel.png",
    "https://example.com/",
}


def check(chat: Chat) -> None:
    body = chat.answer.locator(".message__body")
    expect(body).to_contain_text("<script>alert(1)</script>")
    for forbidden in ("script", "iframe", "style", "form", "img", "object", "svg"):
        expect(body.locator(f":scope .prose {forbidden}")).to_have_count(0)
    hrefs = body.locator("a[href]").evaluate_all(
        "(links) => links.map((link) => link.href)"
    )
    assert {*hrefs} == ADDRESSES
    handlers = body.evaluate(
        """(body) => [...body.querySelectorAll("*")].flatMap((element) =>
          element.getAttributeNames().filter((name) => name.startsWith("on")))"""
    )
    assert handlers == []
    careful = body.locator("a[href][target=_blank][rel~=noopener][rel~=noreferrer]")
    expect(careful).to_have_count(len(hrefs))


def test_hostile_markdown_is_shown_as_text(chat: Chat) -> None:
    chat.watch.allow("^failed request: .*/turns/", "net::ERR_FAILED")
    chat.page.route("**/turns/**", lambda route: route.abort())
    chat.send(
        f"[simulate: silent] [simulate: slow seconds=0] [simulate: echo] {HOSTILE}"
    )

    chat.ended_live("completed")
    check(chat)
    late = chat.tab()
    late.finished()
    check(late)


def test_hostile_message_title_and_file_name_are_shown_as_text(chat: Chat) -> None:
    name = "<img src=x onerror=alert(1)>.txt"
    chat.attach({"name": name, "mimeType": "text/plain", "buffer": b"<b>x</b>"})
    chat.ask(f"<script>alert(2)</script> {HOSTILE}")

    expect(chat.questions).to_contain_text("<script>alert(2)</script>")
    expect(chat.questions.locator(".message__text *")).to_have_count(0)
    expect(chat.questions.locator(".attachment__name")).to_contain_text("onerror")
    chat.reload()
    expect(chat.questions.locator(".attachment__name")).to_contain_text("onerror")


def test_hostile_title_is_shown_as_text(chat: Chat) -> None:
    chat.ask("[simulate: echo] x")
    title = "</title><script>alert(1)</script>"
    chat.page.get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_label("Title").fill(title)
    chat.page.get_by_role("button", name="Rename", exact=True).click()

    heading = chat.page.get_by_role("heading", level=1)
    expect(heading).to_have_text(title)
    row = chat.page.locator(f"a[data-conversation='{chat.id}']")
    expect(row).to_have_text(title)
    chat.reload()
    expect(heading).to_have_text(title)
    expect(row).to_have_text(title)
