from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms

from conversations.attachments.limits import MAX_LOSSLESS_BYTES, MAX_SENT_IMAGE_BYTES
from tests.attachments import samples
from tests.attachments.reading import read, refusal, sent_picture

RED = (255, 0, 0)
BLUE = (0, 0, 255)


def corners(picture: Image.Image) -> list[tuple[int, ...]]:
    """Return the colours of the upper left and the lower right, in steps of 51."""
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    last = (picture.width - 1, picture.height - 1)
    pixels = [picture.getpixel(place) for place in ((0, 0), last)]
    return [
        tuple(round(value / 51) * 51 for value in pixel)
        for pixel in pixels
        if isinstance(pixel, tuple)
    ]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (samples.picture("PNG"), "image/png"),
        (samples.picture("PNG", mode="P"), "image/png"),
        (samples.picture("PNG", interlace=True), "image/png"),
        (samples.picture("GIF"), "image/png"),
        (samples.picture("WEBP", lossless=True), "image/png"),
        (samples.picture("JPEG", quality=95), "image/jpeg"),
        (samples.picture("JPEG", quality=95, progressive=True), "image/jpeg"),
    ],
    ids=["png", "palette", "interlaced", "gif", "webp", "jpeg", "progressive"],
)
def test_every_format_keeps_its_pixels(content: bytes, media_type: str) -> None:
    parts = read(content)

    assert parts["facts"] == {
        "kind": "image",
        "media_type": media_type,
        "width": 40,
        "height": 30,
    }
    picture = Image.open(BytesIO(parts["sent"]))
    assert Image.MIME[picture.format or ""] == media_type
    assert corners(picture) == [RED, BLUE]


def test_exif_orientation_is_applied_and_metadata_gone() -> None:
    content = samples.photograph_on_its_side()
    assert b"52.5 N" in content

    parts = read(content)

    picture = Image.open(BytesIO(parts["sent"]))
    assert picture.size == (40, 60)
    assert corners(picture) == [RED, BLUE]
    assert dict(picture.getexif()) == {}
    assert sorted(picture.info) == [
        "jfif",
        "jfif_density",
        "jfif_unit",
        "jfif_version",
    ]
    assert b"52.5 N" not in parts["sent"] + parts["thumbnail"]
    assert b"secret comment" not in parts["sent"] + parts["thumbnail"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_would(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = samples.picture("PNG", exif=exif)

    wide = orientation <= 4
    assert sent_picture(content).size == ((40, 30) if wide else (30, 40))


def test_broken_exif_does_not_lose_the_picture() -> None:
    content = samples.picture("JPEG", exif=b"Exif\x00\x00nonsense")

    assert sent_picture(content).size == (40, 30)


def test_a_long_edge_is_shortened_to_2000() -> None:
    picture = sent_picture(samples.picture("JPEG", (4003, 1000), quality=95))

    assert picture.size == (2000, 500)
    assert corners(picture) == [RED, BLUE]


def test_a_picture_of_the_largest_side_is_taken() -> None:
    picture = sent_picture(samples.picture("PNG", (8000, 3)))

    assert picture.size == (2000, 1)
    assert corners(picture) == [RED, BLUE]


def test_the_smallest_picture_is_taken() -> None:
    assert sent_picture(samples.picture("PNG", (1, 1))).size == (1, 1)


def test_transparency_stays() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (10, 10, 20, 20))

    picture = sent_picture(samples.encoded(image, "PNG"))

    assert (picture.format, picture.mode) == ("PNG", "RGBA")
    assert corners(picture) == [(0, 0, 0, 0), (255, 0, 0, 255)]


def test_transparency_of_a_palette_stays() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(1, (10, 10, 20, 20))

    picture = sent_picture(samples.encoded(image, "PNG", transparency=0))

    assert corners(picture) == [(0, 0, 0, 0), (255, 0, 0, 255)]


def test_an_alpha_channel_without_use_is_dropped() -> None:
    assert sent_picture(samples.picture("PNG", mode="RGBA")).mode == "RGB"


def test_sixteen_bit_grey_is_scaled_and_not_cut_off() -> None:
    image = Image.new("I;16", (20, 20), 0x8080)
    image.paste(0xFFFF, (10, 10, 20, 20))

    picture = sent_picture(samples.encoded(image, "PNG"))

    assert picture.mode == "L"
    assert [picture.getpixel((0, 0)), picture.getpixel((19, 19))] == [0x80, 0xFF]


def test_a_printers_jpeg_becomes_rgb() -> None:
    picture = sent_picture(samples.picture("JPEG", mode="CMYK", quality=95))

    assert picture.mode == "RGB"
    assert corners(picture) == [RED, BLUE]


@pytest.mark.parametrize("picture_format", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_taken(picture_format: str) -> None:
    green = Image.new("RGB", (40, 30), "green")
    first = Image.open(BytesIO(samples.picture("PNG")))
    options: dict[str, Any] = {"lossless": True} if picture_format == "WEBP" else {}

    content = samples.encoded(
        first, picture_format, save_all=True, append_images=[green, green], **options
    )

    picture = sent_picture(content)
    assert getattr(picture, "n_frames", 1) == 1
    assert corners(picture) == [RED, BLUE]


def test_colours_of_a_profile_become_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for profile in (srgb, lab, b"nonsense"):
        picture = sent_picture(samples.picture("PNG", icc_profile=profile))

        assert "icc_profile" not in picture.info
        assert corners(picture) == [RED, BLUE]


def test_a_drawing_stays_lossless_and_noise_does_not() -> None:
    drawing = read(samples.picture("PNG", (2000, 1500)))
    noise = read(samples.encoded(samples.noise((800, 800)), "PNG", compress_level=1))

    assert drawing["facts"]["media_type"] == "image/png"
    assert len(drawing["sent"]) <= MAX_LOSSLESS_BYTES
    assert noise["facts"]["media_type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("mode", "side", "media_type"),
    [
        ("RGBA", 1000, "image/webp"),
        ("RGBA", 2000, "image/jpeg"),
    ],
)
def test_the_worst_picture_fits_the_limit(
    mode: str, side: int, media_type: str
) -> None:
    image = samples.noise((side, side), mode)

    parts = read(samples.encoded(image, "PNG", compress_level=0))

    assert parts["facts"]["media_type"] == media_type
    assert len(parts["sent"]) <= MAX_SENT_IMAGE_BYTES


def test_only_pixels_survive_a_polyglot() -> None:
    script = b"<script>alert(1)</script>"
    archive = b"PK\x03\x04" + script
    for name in ("PNG", "JPEG", "GIF", "WEBP"):
        parts = read(samples.picture(name) + archive)

        assert script not in parts["sent"] + parts["thumbnail"]


TOO_LARGE = (
    "This picture has {} pixels, but a {} may have at most 8,000 on a side and {} "
    "million in all. Attach a smaller copy."
)


@pytest.mark.parametrize(
    ("content", "size", "name", "millions"),
    [
        (samples.png_with_header(8001, 10), "8,001 x 10", "PNG", 40),
        (samples.png_with_header(7000, 7000), "7,000 x 7,000", "PNG", 40),
        (
            samples.png_with_header(2**31 - 1, 2**31 - 1),
            "2,147,483,647 x 2,147,483,647",
            "PNG",
            40,
        ),
        (samples.jpeg_with_header(65000, 65000), "65,000 x 65,000", "JPEG", 40),
        (samples.gif_with_header(65535, 65535), "65,535 x 65,535", "GIF", 40),
        (samples.webp_with_header(16383, 16383), "16,383 x 16,383", "WebP", 14),
        (samples.webp_with_header(2**24, 2**24), "16,777,216 x 16,777,216", "WebP", 14),
        (samples.webp_with_header(4000, 4000), "4,000 x 4,000", "WebP", 14),
        (samples.picture("WEBP", (8001, 1)), "8,001 x 1", "WebP", 14),
        (samples.picture("WEBP", (8001, 1), lossless=True), "8,001 x 1", "WebP", 14),
    ],
)
def test_a_bomb_is_refused_by_its_header(
    content: bytes, size: str, name: str, millions: int
) -> None:
    assert refusal(content) == (
        "image_too_large",
        TOO_LARGE.format(size, name, millions),
        422,
    )


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_that_ends_early_is_refused(name: str) -> None:
    content = samples.picture(name, (300, 300))

    for length in (12, 20, 40, len(content) * 3 // 4):
        type_, message, status = refusal(content[:length])

        assert (type_, status) == ("damaged_file", 422)
        assert message.endswith("picture but cannot be read. It may be damaged or "
            "incomplete: open it, save it anew, and attach that.")  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + b"<svg onload=alert(1)>" * 100,
        b"\xff\xd8\xff" + b"MZ" * 5000,
        b"GIF89a" + b"\xff" * 1000,
        b"RIFF\xff\xff\xff\xffWEBPVP8L" + b"\x00" * 100,
        b"RIFF\xff\xff\xff\xffWEBPJUNK" + b"\x00" * 100,
        samples.png_with_header(100, 100),
        samples.png_with_header(0, 100),
        samples.webp_with_header(3000, 3000),
    ],
)
def test_a_picture_in_name_only_is_refused(content: bytes) -> None:
    assert refusal(content)[0] in ("damaged_file", "image_too_large")


def test_a_large_jpeg_is_decoded_at_a_fraction_and_stays_right() -> None:
    picture = sent_picture(samples.picture("JPEG", (4200, 2100), quality=95))

    assert picture.size == (2000, 1000)
    assert corners(picture) == [RED, BLUE]
