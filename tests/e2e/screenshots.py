"""Take the pictures in docs/screenshots/: the real server, simulated answers.

Run by `make screenshots`; the pictures are looked at before they are committed.
"""

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.serving import ROOT, running_server
from tests.simulator.building import make_pdf

FOLDER = ROOT / "docs" / "screenshots"
DESKTOP = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)
PASSWORD = "correct horse battery staple"

EARLIER = (
    "Plan a week in Lisbon with two children",
    "Explain Bayes' rule with a picture of marbles",
    "Refactor the invoice parser into small functions",
    "Write a wedding toast for two sailors",
)
QUESTION = "How large was the tidal range in the harbour? I add a picture of it."
FOLLOW_UP = "Now a table, a small function in Python and a formula."
REPORT = (
    "Harbour report\nThis report describes one year in the harbour.",
    "The tides\nThe mean tidal range in the harbour was 3.4 metres.",
    "The ships\nIn June 214 ships called, more than in any other month.",
    "The light\nThe lighthouse was dark for three nights in November.",
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(
            Path(folder) / "data",
            ADMIN_USERNAME="alice",
            ADMIN_PASSWORD=PASSWORD,
            SIMULATOR_PACE="instant",
        ) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        take_all(browser, server.url, Path(folder))
        browser.close()


def take_all(browser: Browser, url: str, folder: Path) -> None:
    desktop = browser.new_context(base_url=url, viewport=DESKTOP, color_scheme="light")
    page = desktop.new_page()
    log_in(page)
    for text in EARLIER:
        page.goto("/")
        send(page, text)
    page.goto("/")
    take(page, "home")
    attach(page, folder)
    send(page, QUESTION)
    take(page, "desktop")
    send(page, FOLLOW_UP)
    take(page, "markdown")
    take_elsewhere(browser, url, page.url, desktop)


def take_elsewhere(
    browser: Browser, url: str, address: str, desktop: BrowserContext
) -> None:
    """Take the same conversation in the dark and on a phone."""
    state = desktop.storage_state()
    dark = browser.new_context(
        base_url=url, viewport=DESKTOP, color_scheme="dark", storage_state=state
    )
    open_page(dark, address, "dark")
    phone = browser.new_context(
        base_url=url,
        viewport=PHONE,
        color_scheme="light",
        storage_state=state,
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
    )
    open_page(phone, address, "phone")


def open_page(context: BrowserContext, address: str, name: str) -> None:
    page = context.new_page()
    page.goto(address)
    page.locator("article").last.wait_for()
    take(page, name)


def log_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("alice")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def send(page: Page, text: str) -> None:
    """Send a message and wait for the whole answer."""
    answered = page.locator("article[data-state=completed]").count()
    page.locator("#composer-text").fill(text)
    page.locator("#composer-text").press("Enter")
    expect(page.locator("article[data-state=completed]")).to_have_count(
        answered + 1, timeout=60_000
    )
    # The server's rendering takes the place of the streamed one.
    page.locator("article[data-state=completed] .usage").last.wait_for()


def attach(page: Page, folder: Path) -> None:
    report, picture = folder / "harbour-report.pdf", folder / "harbour-at-dusk.jpg"
    report.write_bytes(make_pdf(REPORT))
    picture.write_bytes(picture_of_a_harbour())
    page.locator("#composer-files").set_input_files([report, picture])
    expect(page.locator(".upload[data-state=done]")).to_have_count(2)


def take(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)  # formulas, colours of code, thumbnails
    page.screenshot(path=FOLDER / f"{name}.png")


def picture_of_a_harbour() -> bytes:
    """Return a painted evening: sky, sun, sea, and two sails."""
    sky = Image.linear_gradient("L").resize((1200, 800)).convert("L")
    image = Image.merge(
        "RGB",
        (
            sky.point(lambda value: 70 + value * 0.7),
            sky.point(lambda value: 60 + value * 0.35),
            sky.point(lambda value: 120 - value * 0.2),
        ),
    )
    draw = ImageDraw.Draw(image)
    draw.ellipse((780, 380, 920, 520), fill=(255, 214, 140))
    draw.rectangle((0, 500, 1200, 800), fill=(38, 48, 82))
    for x, height in ((300, 220), (470, 150)):
        draw.polygon(
            [(x, 510), (x, 510 - height), (x + height // 2, 510)], fill="white"
        )
        draw.polygon(
            [(x - 60, 515), (x + 120, 515), (x + 80, 550), (x - 30, 550)],
            fill=(60, 30, 24),
        )
    stream = BytesIO()
    image.filter(ImageFilter.GaussianBlur(1.2)).save(stream, "JPEG", quality=88)
    return stream.getvalue()


if __name__ == "__main__":
    main()
