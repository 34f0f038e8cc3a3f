"""Office files are ZIP archives of XML: opened only when nothing in them can explode."""

import zipfile
from io import BytesIO
from typing import Literal
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import (  # type: ignore[import-untyped]
    DefusedXMLParser,
)

from conversations.attachments.errors import UploadRefused, damaged, unsupported
from conversations.attachments.limits import MAX_PACKAGE_ENTRIES, MAX_UNPACKED_BYTES

type OfficeFormat = Literal["docx", "xlsx", "pptx"]

CONTENT_TYPES = "[Content_Types].xml"
# By what the package says of its main part (ECMA-376).
MAIN_PARTS: tuple[tuple[OfficeFormat, bytes], ...] = (
    ("docx", b"wordprocessingml.document.main+xml"),
    ("xlsx", b"spreadsheetml.sheet.main+xml"),
    ("pptx", b"presentationml.presentation.main+xml"),
)
NAMES: dict[OfficeFormat, str] = {
    "docx": "Word document",
    "xlsx": "Excel workbook",
    "pptx": "PowerPoint presentation",
}
MACROS = (b"macroEnabled", b"vbaProject")
# What is in use; the others could ask for gigabytes only to be opened.
COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
IS_ENCRYPTED = 0x1  # bit of an entry's flags
XML_SUFFIXES = (".xml", ".rels")
CHUNK_BYTES = 64 * 1024


def check_package(content: bytes) -> OfficeFormat:
    """Return what an Office file is. Raises UploadRefused.

    Whoever reads it afterwards meets no bomb, no macro and no XML entity.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _check_entries(archive.infolist())
            found = _format(archive)
            for entry in archive.infolist():
                _check_xml(archive, entry, found)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise damaged("This file begins like an Office file but cannot be read.") from (
            error
        )
    return found


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_PACKAGE_ENTRIES:
        raise _unsafe(f"holds {len(entries):,} parts")
    if len({entry.filename for entry in entries}) < len(entries):
        raise _unsafe("holds two parts of one name")
    if any(entry.flag_bits & IS_ENCRYPTED for entry in entries):
        raise _unsafe("is encrypted")
    if any(entry.compress_type not in COMPRESSIONS for entry in entries):
        raise _unsafe("is compressed in an unusual way")
    # Reading stops at the size that an entry declares.
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise UploadRefused(
            "file_too_complex",
            f"This file unpacks to {unpacked / 1024 / 1024:,.0f} MB, but at most "
            f"{MAX_UNPACKED_BYTES // 1024 // 1024} MB are read. Attach the part that "
            "matters.",
        )


def _format(archive: zipfile.ZipFile) -> OfficeFormat:
    try:
        types = archive.read(CONTENT_TYPES)
    except KeyError:
        types = b""
    if any(sign in types for sign in MACROS):
        raise _unsafe("holds macros, programs that run when it is opened,")
    for found, main in MAIN_PARTS:
        if main in types:
            return found
    raise unsupported("This file is a ZIP archive of a kind that Claude cannot read.")


def _check_xml(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: OfficeFormat
) -> None:
    """Refuse a part that declares entities; no Office file has a reason to.

    What is no XML is left alone, unless its name says that it is.
    """
    parser = DefusedXMLParser(target=_Nothing(), forbid_dtd=True)
    try:
        with archive.open(entry) as part:
            while chunk := part.read(CHUNK_BYTES):
                parser.feed(chunk)
            parser.close()
    except DefusedXmlException as error:
        raise _unsafe("declares XML entities") from error
    except ParseError as error:
        if entry.filename.endswith(XML_SUFFIXES):
            raise damaged(
                f"This file is a {NAMES[found]}, but its part {entry.filename!r} "
                "cannot be read."
            ) from error


class _Nothing:
    """Takes what a parser finds and forgets it."""

    def close(self) -> None: ...


def _unsafe(what: str) -> UploadRefused:
    return UploadRefused(
        "unsafe_file",
        f"This Office file {what} and is not opened. Save it anew as docx, xlsx or "
        "pptx, or as PDF, and attach that.",
    )
