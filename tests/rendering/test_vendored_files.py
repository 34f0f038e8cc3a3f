"""The vendored browser libraries are the ones that were locked."""

import re

import pytest

from scripts.vendor import (
    PACKAGES,
    VENDOR,
    VendoringFailed,
    check_files,
    cleaned,
    read_lock,
)


def test_the_files_are_as_locked() -> None:
    check_files(read_lock())


def test_the_lock_names_every_package() -> None:
    locked = [(entry["name"], entry["version"]) for entry in read_lock()]

    assert locked == [(package.name, package.version) for package in PACKAGES]


def test_a_changed_file_is_noticed() -> None:
    (first, *rest) = read_lock()
    files = first["files"] | {"LICENSE": "sha384-of-something-else"}

    with pytest.raises(VendoringFailed, match="markdown-it/LICENSE"):
        check_files([first | {"files": files}, *rest])


def test_every_package_brings_its_licence() -> None:
    licences = [VENDOR / package.folder / "LICENSE" for package in PACKAGES]

    assert [path.is_file() for path in licences] == [True] * len(PACKAGES)


def test_references_to_files_that_are_not_vendored_are_removed() -> None:
    font = (
        b'src:url(fonts/A.woff2) format("woff2"),url(fonts/A.woff) format("woff"),'
        b'url(fonts/A.ttf) format("truetype")}'
    )

    assert cleaned("a.css", font) == b'src:url(fonts/A.woff2) format("woff2")}'
    assert cleaned("a.js", b"x();\n//# sourceMappingURL=a.map") == b"x();"


def test_a_style_sheet_names_only_files_that_are_there() -> None:
    folder = VENDOR / "katex"
    names = re.findall(r"url\(([^)]+)\)", (folder / "katex.min.css").read_text())

    assert len(names) == 20
    assert [name for name in names if not (folder / name).is_file()] == []
