"""Files that the tests attach."""

from io import BytesIO

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload

from tests.attachments.conversions.packages import docx
from tests.simulator.building import make_pdf

ORIENTATION = 0x0112  # the EXIF tag
TURN_RIGHT = 6  # the camera was held upright: show it turned by 90 degrees
PAGES = (
    "Harbour report\nThis report describes one year in the harbour.",
    "The tides\nThe mean tidal range in the harbour was 3.4 metres.",
    "The ships\nIn June 214 ships called, more than in any other month.",
    "The light\nThe lighthouse was dark for three nights in November.",
)


def report() -> FilePayload:
    """Return a PDF of four pages; the tides are on page 2."""
    return _payload("harbour-report.pdf", "application/pdf", make_pdf(PAGES))


def photograph() -> FilePayload:
    """Return a photograph of 640 by 400 pixels that a viewer shows as 400 by 640."""
    image = Image.new("RGB", (640, 400), (38, 48, 130))
    ImageDraw.Draw(image).rectangle((0, 0, 640, 90), fill=(230, 120, 30))
    exif = Image.Exif()
    exif[ORIENTATION] = TURN_RIGHT
    stream = BytesIO()
    image.save(stream, "JPEG", quality=90, exif=exif)
    return _payload("harbour.jpg", "image/jpeg", stream.getvalue())


def notes() -> FilePayload:
    """Return a small text file."""
    content = b"The crane was painted green in March. The pier was not."
    return _payload("notes.txt", "text/plain", content)


def letter() -> FilePayload:
    """Return a Word document."""
    content = docx("The harbour", "The crane was painted green in March.")
    return _payload("harbour.docx", "application/octet-stream", content)


def broken_picture() -> FilePayload:
    """Return a file that only claims to be a picture."""
    return _payload("broken.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"no picture" * 9)


def _payload(name: str, media_type: str, content: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType=media_type, buffer=content)
