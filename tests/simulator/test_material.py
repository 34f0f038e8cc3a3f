"""Attachments are opened and held against the limits of the API."""

import base64
import io

from PIL import Image

from tests.simulator.building import (
    answer,
    document_block,
    image_block,
    make_params,
    make_pdf,
    pdf_block,
    post,
    refusal,
    text,
    text_of,
)


async def test_picture_is_described_by_its_size_and_colours() -> None:
    image = Image.new("RGB", (40, 20), (205, 35, 35))
    image.paste((45, 90, 210), (30, 0, 40, 20))
    out = io.BytesIO()
    image.save(out, "PNG")
    block = image_block()
    block["source"]["data"] = base64.b64encode(out.getvalue()).decode()

    described = text_of(await answer(make_params([block, text("What is this?")])))

    assert described.split("\n\nI measured")[0] == (
        "The image is a PNG of **40 \u00d7 20 pixels**, landscape in shape. Its main "
        "colours:\n\n- red `#cd2323`, about 75 %\n- blue `#2d5ad2`, about 25 %"
    )


async def test_several_pictures_are_listed() -> None:
    params = make_params(
        [image_block(10, 20, "white"), image_block(9, 9, "black"), text("Compare")]
    )

    described = text_of(await answer(params))

    assert "| Image 1 | PNG | 10 \u00d7 20 | portrait | white 100 % |" in described
    assert "| Image 2 | PNG | 9 \u00d7 9 | square | black 100 % |" in described


async def test_picture_of_another_type_is_refused() -> None:
    block = image_block()
    block["source"]["media_type"] = "image/jpeg"

    message = await refusal(make_params([block]))

    assert message == (
        "messages.0.content.0.source.media_type: The image was specified using the "
        "image/jpeg media type, but the image appears to be a image/png image"
    )


async def test_broken_picture_is_refused() -> None:
    block = image_block()
    block["source"]["data"] = base64.b64encode(b"no picture").decode()

    message = await refusal(make_params([block]))

    assert message == "messages.0.content.0: Could not process image"


async def test_broken_base64_is_refused() -> None:
    block = image_block()
    block["source"]["data"] = "?"

    message = await refusal(make_params([block]))

    assert message == "messages.0.content.0.source.data: Invalid base64 data"


async def test_picture_over_10_mb_is_refused() -> None:
    block = image_block()
    block["source"]["data"] = "A" * (10 * 1024 * 1024 + 4)

    message = await refusal(make_params([block]))

    assert message == (
        "messages.0.content.0.source.data: image exceeds 10 MB maximum: "
        "10485764 bytes > 10485760 bytes"
    )


async def test_sides_over_8000_pixels_are_refused() -> None:
    response = await post(make_params([image_block(), image_block(8001, 1)]))

    assert response.status_code == 400
    assert response.json()["error"]["details"] == {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": 8000,
        "paths": ["messages.0.content.1"],
    }


async def test_more_than_20_pictures_must_be_smaller() -> None:
    twenty = [image_block() for _ in range(19)] + [image_block(2001, 1)]

    accepted = await post(make_params(twenty))
    refused = await post(make_params([*twenty, image_block()]))

    assert accepted.status_code == 200
    assert refused.json()["error"]["details"] == {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": 2000,
        "paths": ["messages.0.content.19"],
    }


async def test_small_windows_take_100_pictures() -> None:
    params = make_params([image_block()] * 101, model="claude-haiku-4-5")

    message = await refusal(params)

    assert message == (
        "messages.0.content.100: at most 100 images are allowed, found 101"
    )


async def test_picture_that_must_not_be_resized_is_refused() -> None:
    strict = {"oversized_image": "error"}
    params = make_params([image_block(2577, 1, transformations=strict)])

    response = await post(params)

    details = response.json()["error"]["details"]
    assert details["max_side_length_pixels"] == 2576


async def test_pages_are_counted_over_the_whole_request() -> None:
    sixty = [pdf_block([""] * 60), text("Read")]
    params = make_params(sixty, "Done", sixty, model="claude-haiku-4-5")

    message = await refusal(params)

    assert message == (
        "messages.2.content.0.source.data: A maximum of 100 PDF pages may be "
        "provided, found 120."
    )


async def test_large_windows_take_600_pages() -> None:
    message = await refusal(make_params([pdf_block([""] * 601)]))

    assert message == (
        "messages.0.content.0.source.data: A maximum of 600 PDF pages may be "
        "provided, found 601."
    )


async def test_locked_pdf_is_refused() -> None:
    locked = document_block(make_pdf(["Secret"], locked=True))

    message = await refusal(make_params([locked]))

    assert message == (
        "messages.0.content.0.source.data: The PDF specified is password protected."
    )


async def test_broken_pdf_is_refused() -> None:
    message = await refusal(make_params([document_block(b"no PDF")]))

    assert (
        message == "messages.0.content.0.source.data: The PDF specified was not valid."
    )


async def test_remote_sources_are_not_fetched() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com"}}
    file = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}

    by_url = await refusal(make_params([image]))
    by_file = await post(make_params([file]))

    assert by_url.startswith("messages.0.content.0.source.url: the simulator does not")
    assert by_file.status_code == 404
