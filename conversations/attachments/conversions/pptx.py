"""PowerPoint presentations, slide by slide; pictures and charts are left out.

python-pptx is optional: without it this module cannot be imported.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation


def text_of(content: bytes) -> str:
    """Return the texts, tables and notes of all slides."""
    presentation = Presentation(BytesIO(content))
    return "\n\n".join(
        text
        for number, slide in enumerate(presentation.slides, 1)
        for text in _slide(number, slide)
    )


def _slide(number: int, slide: Any) -> Iterator[str]:
    yield f"# Slide {number}"
    yield from _texts(slide.shapes)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            yield f"Notes: {notes}"


def _texts(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _texts(shape.shapes)
        elif shape.has_table:
            yield "\n".join(
                "| " + " | ".join(_one_line(cell.text) for cell in row.cells) + " |"
                for row in shape.table.rows
            )
        elif shape.has_text_frame and (text := shape.text_frame.text.strip()):
            yield text


def _one_line(text: str) -> str:
    return " ".join(text.split())
