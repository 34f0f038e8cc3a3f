"""Settings of the test run: the product's own, with a file database of its own."""

from chatapp.settings import *  # noqa: F403
