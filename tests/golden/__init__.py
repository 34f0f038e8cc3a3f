"""Markdown that both renderers must show alike; ⟦1⟧ stands for a citation marker."""

import json
import re
from pathlib import Path

from conversations.rendering.markers import CLOSE, OPEN

FOLDER = Path(__file__).parent


def golden_sources() -> dict[str, str]:
    """Return the Markdown of every case by its name."""
    files = sorted(FOLDER.glob("*.md"))
    return {path.stem: read_source(path) for path in files} | generated_sources()


def read_source(path: Path) -> str:
    """Return a file's text with real markers, its line ends untouched."""
    text = path.read_bytes().decode()
    return re.sub("⟦([0-9]+)⟧", rf"{OPEN}\1{CLOSE}", text)


def generated_sources() -> dict[str, str]:
    """Return the cases that are too large to be read."""
    wide_row = "|".join("x" * 120)
    return {
        "quotes-nested-thousands-deep": ">" * 5000 + " deep\n\nafter",
        "lists-nested-thousands-deep": "- " * 3000 + "deep *x*\n\nafter",
        "lists-nested-by-lines": "".join(f"{'  ' * n}- {n}\n" for n in range(60)),
        "emphasis-nested-deep": "*a **b " * 200 + "x" + "** c* d" * 200,
        "brackets-nested-deep": "[" * 2000 + "x" + "](https://example.org)" * 2000,
        "table-over-the-limit": f"before\n\n{wide_row}\n"
        + "|".join(["-"] * 120)
        + "\n"
        + f"{wide_row}\n" * 100,
        "table-at-the-limit": "|a|b|\n|-|-|\n" + "|1|2|\n" * 300 + "\nafter",
        "tables-over-the-limit-together": ("|a|b|\n|-|-|\n" + "|1|2|\n" * 1800 + "\n")
        * 3,
        "formula-over-the-limit": f"${'x+' * 3000}y$ and\n\n$$\n{'x+' * 3000}y\n$$\n",
        "long-line": "word *and* `code` " * 1000,
        "line-over-the-limit": "**word** 🙂 <b>\n" * 1500 + "\n**after**",
        "long-code": "```text\n" + "a line of text\n" * 500 + "```\n",
    }


def hostile_sources() -> dict[str, str]:
    """Return inputs that try to run or load something, by name."""
    cases: dict[str, str] = json.loads((FOLDER / "hostile.json").read_text())
    return cases


def url_verdicts() -> dict[str, bool]:
    """Return addresses with whether they may stand in a link."""
    verdicts: dict[str, bool] = json.loads((FOLDER / "urls.json").read_text())
    return verdicts
