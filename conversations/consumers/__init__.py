"""The socket of a browser tab: parse, authorise, call one function, answer."""

from .browser import BrowserConsumer

__all__ = ["BrowserConsumer"]
