"""The one way to fetch an address that a person or a model names.

Nothing else in Colloquy may connect to a place that somebody outside chose.
"""

from .errors import FetchRefused
from .fetcher import Allowance, Fetched, Fetcher

__all__ = ["Allowance", "FetchRefused", "Fetched", "Fetcher"]
