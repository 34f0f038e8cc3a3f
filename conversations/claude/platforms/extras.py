"""Packages that are only installed where a platform needs them."""

import importlib
from typing import Any

from conversations.claude.errors import NotReady


def load(module: str, extra: str) -> Any:
    """Return a module of an optional package group. Raises NotReady, naming the group."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise NotReady(
            f"The package {error.name} is missing. "
            f"Install it with: uv sync --frozen --inexact --extra {extra}"
        ) from None
