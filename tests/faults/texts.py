"""Texts as they can be compared, wherever they have been."""


def whole(text: str) -> str:
    """Return a text whose halves of characters are joined, or U+FFFD where alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
