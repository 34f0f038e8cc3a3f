"""Turns to book on; the conversations are those of the prompt tests."""

from tests.prompts.conftest import thread

__all__ = ["thread"]
