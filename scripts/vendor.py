"""Fetch the browser libraries named here into static/vendor and lock their digests.

`python scripts/vendor.py` refreshes the files; `--check` only compares what is in
the tree with VENDOR.lock.json. Fetching needs npm; checking needs nothing.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LOCK = VENDOR / "VENDOR.lock.json"

SOURCE_MAP = re.compile(rb"\n?(?://[#@] ?sourceMappingURL=\S+|/\*[#@] ?source[^*]*\*/)")
OLD_FONTS = re.compile(rb',url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)')


@dataclass(frozen=True)
class Package:
    """One npm package: `files` maps a folder below `folder` to patterns in it."""

    name: str
    version: str
    licence: str
    folder: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "markdown-it",
        "15.0.3",
        "MIT",
        "markdown-it",
        {"dist/browser/markdown-it.esm.min.mjs": "", "LICENSE": ""},
    ),
    Package(
        "@highlightjs/cdn-assets",
        "11.12.0",
        "BSD-3-Clause",
        "highlightjs",
        {"es/highlight.min.js": "", "LICENSE": ""},
    ),
    # The package has no minified ES module; katex.min.js is imported for its effect.
    Package(
        "katex",
        "0.19.1",
        "MIT",
        "katex",
        {
            "dist/katex.min.js": "",
            "dist/katex.min.css": "",
            "dist/fonts/*.woff2": "fonts",
            "LICENSE": "",
        },
    ),
)


class VendoringFailed(Exception):
    """A package is not what the lock file or the table above says."""


def main(arguments: list[str]) -> int:
    """Refresh or check static/vendor; return the exit status."""
    try:
        if arguments == ["--check"]:
            check_files(read_lock())
        else:
            refresh()
    except VendoringFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


def read_lock() -> list[dict[str, Any]]:
    """Return the entries of the lock file, none when it does not exist."""
    if not LOCK.exists():
        return []
    entries: list[dict[str, Any]] = json.loads(LOCK.read_text())["packages"]
    return entries


def check_files(entries: list[dict[str, Any]]) -> None:
    """Raise VendoringFailed when a file differs from the lock, is missing or extra."""
    locked = {
        f"{entry['folder']}/{path}": digest
        for entry in entries
        for path, digest in entry["files"].items()
    }
    present = {
        path.relative_to(VENDOR).as_posix(): sha384(path.read_bytes())
        for path in VENDOR.rglob("*")
        if path.is_file() and path != LOCK
    }
    if different := sorted(
        path
        for path in locked.keys() | present.keys()
        if locked.get(path) != present.get(path)
    ):
        raise VendoringFailed(f"not as locked: {', '.join(different)}")


def refresh() -> None:
    """Fetch every package and write its files and the lock anew."""
    known = {(entry["name"], entry["version"]): entry for entry in read_lock()}
    entries = []
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            tarball, integrity = fetch(package, Path(folder))
            locked = known.get((package.name, package.version))
            if locked and locked["integrity"] != integrity:
                raise VendoringFailed(f"{package.name}: the registry's file changed")
            files = write_files(package, tarball)
        entries.append(
            {
                "name": package.name,
                "version": package.version,
                "licence": package.licence,
                "integrity": integrity,
                "folder": package.folder,
                "files": files,
            }
        )
    LOCK.write_text(json.dumps({"packages": entries}, indent=2) + "\n")


def fetch(package: Package, folder: Path) -> tuple[Path, str]:
    """Download the exact version by npm; return the tarball and its sha512."""
    npm = shutil.which("npm")
    if npm is None:
        raise VendoringFailed("npm is needed to fetch packages")
    # `npm pack` takes the version literally; `npm install` may choose an older one.
    subprocess.run(  # noqa: S603
        [npm, "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (tarball,) = folder.glob("*.tgz")
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    return tarball, f"sha512-{base64.b64encode(digest).decode()}"


def write_files(package: Package, tarball: Path) -> dict[str, str]:
    """Replace the package's folder; return its files with their digests."""
    target = VENDOR / package.folder
    shutil.rmtree(target, ignore_errors=True)
    files = {}
    for path, content in chosen_files(package, tarball):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)
        files[path] = sha384(content)
    return dict(sorted(files.items()))


def chosen_files(package: Package, tarball: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the wanted files of the tarball by their path below the folder."""
    found = set()
    with tarfile.open(tarball) as archive:
        for member in archive.getmembers():
            name = member.name.removeprefix("package/")
            for pattern, folder in package.files.items():
                if fnmatch(name, pattern) and (stream := archive.extractfile(member)):
                    found.add(pattern)
                    path = f"{folder}/{Path(name).name}".lstrip("/")
                    yield path, cleaned(path, stream.read())
    if missing := package.files.keys() - found:
        raise VendoringFailed(f"{package.name} lacks {', '.join(sorted(missing))}")


def cleaned(path: str, content: bytes) -> bytes:
    """Return the file without references to files that are not vendored."""
    if path.endswith(".css"):
        # The manifest storage refuses a style sheet that names a missing file.
        content = OLD_FONTS.sub(b"", content)
    if path.endswith((".css", ".js", ".mjs")):
        content = SOURCE_MAP.sub(b"", content)
    return content


def sha384(content: bytes) -> str:
    """Return the digest in the form of an integrity attribute."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
