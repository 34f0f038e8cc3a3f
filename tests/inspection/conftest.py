"""The conversations of tests/prompts."""

from tests.prompts.conftest import thread

__all__ = ["thread"]
