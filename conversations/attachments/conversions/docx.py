"""Word documents, with their headings, lists and tables; pictures are left out."""

from io import BytesIO

import mammoth  # type: ignore[import-untyped]

from conversations.attachments.conversions.markup import markdown_of


def text_of(content: bytes) -> str:
    """Return the text of a Word document as Markdown."""
    result = mammoth.convert_to_html(
        BytesIO(content),
        convert_image=mammoth.images.img_element(lambda _image: {}),
        # The document's own rules and files have no say.
        include_embedded_style_map=False,
        external_file_access=False,
    )
    return markdown_of(result.value)
