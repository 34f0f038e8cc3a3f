"""JavaScript modules without a bundler: an import map onto the hashed files.

Modules import each other by relative paths. The browser resolves such a path against
the hashed address of the importing file and finds its target in the map.
"""

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

FOLDERS = ("js/", "vendor/")
SUFFIXES = (".js", ".mjs")
STATIC_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b(?:[^'"();]*\bfrom)?\s*["'](\.[^"']+)["']""",
    re.MULTILINE,
)
# What would end the script element, or begin a comment in it.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def importmap() -> SafeString:
    """Print what stands in the import map's element.

    The element needs the nonce that the content security policy asks for.
    """
    return mark_safe(json.dumps(import_map()).translate(ESCAPES))  # noqa: S308


@register.simple_tag
def modulepreloads(entry: str) -> SafeString:
    """Print a preload for each module that `entry` imports before it can run."""
    digests = import_map()["integrity"]
    urls = [static(name) for name in imported_modules(entry)]
    # Without the digest that the map demands, the file would be fetched twice.
    return format_html_join(
        "\n",
        '<link rel="modulepreload" href="{}" integrity="{}">',
        ((url, digests.get(url, "")) for url in urls),
    )


@cache
def import_map() -> dict[str, Any]:
    """Return the map, empty where files keep their names (tests, DEBUG)."""
    hashed = {
        name: target
        for name, target in getattr(staticfiles_storage, "hashed_files", {}).items()
        if name.startswith(FOLDERS) and name.endswith(SUFFIXES)
    }
    url = settings.STATIC_URL
    return {
        "imports": {f"{url}{name}": f"{url}{hashed[name]}" for name in sorted(hashed)},
        "integrity": {
            f"{url}{hashed[name]}": _digest(hashed[name]) for name in sorted(hashed)
        },
    }


@cache
def imported_modules(entry: str) -> tuple[str, ...]:
    """Return `entry` and the modules that it imports statically, directly or not."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop(0)
        if name in found or (source := _source(name)) is None:
            continue
        found[name] = None
        waiting += [_resolve(name, target) for target in STATIC_IMPORT.findall(source)]
    return tuple(found)


def _source(name: str) -> str | None:
    if hashed := getattr(staticfiles_storage, "hashed_files", {}).get(name):
        with staticfiles_storage.open(hashed) as file:
            return bytes(file.read()).decode()
    path = finders.find(name)
    return Path(path).read_text(encoding="utf-8") if path else None


def _resolve(importer: str, target: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(importer).parent / target).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _digest(name: str) -> str:
    with staticfiles_storage.open(name) as file:
        digest = hashlib.sha384(file.read()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"
