import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from conversations.templatetags import modules


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Collect a small tree of modules under hashed names, as the product does."""
    source = tmp_path / "source"
    for name, text in {
        "js/main.js": 'import { a } from "./parts/a.js";\nimport "../vendor/v.mjs";\n',
        "js/parts/a.js": 'export { b } from "../b.js";\nconst c = import("../c.js");\n',
        "js/b.js": "export const b = 1;\n",
        "js/c.js": "export const c = 1;\n",
        "vendor/v.mjs": "export {};\n",
        "css/page.css": "a { color: red }\n",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        }
    }
    forget()
    call_command("collectstatic", interactive=False, verbosity=0)
    yield settings.STATIC_ROOT
    forget()


def forget() -> None:
    modules.import_map.cache_clear()
    modules.imported_modules.cache_clear()


def hashed(collected: Path, name: str) -> str:
    manifest = json.loads((collected / "staticfiles.json").read_text())
    return str(manifest["paths"][name])


def test_the_map_leads_from_each_module_to_its_hashed_file(collected: Path) -> None:
    names = ["js/b.js", "js/c.js", "js/main.js", "js/parts/a.js", "vendor/v.mjs"]

    found = modules.import_map()

    assert found["imports"] == {
        f"/static/{name}": f"/static/{hashed(collected, name)}" for name in names
    }
    assert list(found["integrity"]) == list(found["imports"].values())
    assert all(digest.startswith("sha384-") for digest in found["integrity"].values())


def test_modules_keep_their_names_without_a_manifest() -> None:
    forget()

    assert modules.import_map() == {"imports": {}, "integrity": {}}


def test_preloads_follow_static_imports_only(collected: Path) -> None:
    assert modules.imported_modules("js/main.js") == (
        "js/main.js",
        "js/parts/a.js",
        "vendor/v.mjs",
        "js/b.js",
    )


def test_a_preload_names_the_digest_that_the_map_demands(collected: Path) -> None:
    url = f"/static/{hashed(collected, 'js/b.js')}"
    digest = modules.import_map()["integrity"][url]

    html = modules.modulepreloads("js/b.js")

    assert html == f'<link rel="modulepreload" href="{url}" integrity="{digest}">'


def test_the_map_cannot_end_its_script_element(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evil = {"imports": {"/static/</script>": "&"}}
    monkeypatch.setattr(modules, "import_map", lambda: evil)

    text = modules.importmap()

    assert "<" not in text
    assert json.loads(text) == evil
