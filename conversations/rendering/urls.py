"""The one rule for addresses that come from Claude, a document or a person."""

import re

MAX_HREF_LENGTH = 8_000  # ours: longer than any address a browser sends

# Browsers drop tabs and line breaks inside an address and read "\" as "/", so that
# a filter and a browser would see two addresses; the marks of writing direction
# make an address look like another one.
_FORBIDDEN = (
    r"\x00-\x20\x7f-\xa0\\\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    r"\ud800-\udfff\ue000\ue001"
)
# Letters one by one: ignoring case would also take U+017F for an "s".
_ALLOWED = re.compile(
    # No "user@" before the host: it dresses one host up as another.
    rf"[hH][tT][tT][pP][sS]?://[^{_FORBIDDEN}/?#@]+(?:[/?#][^{_FORBIDDEN}]*)?"
    rf"|[mM][aA][iI][lL][tT][oO]:[^{_FORBIDDEN}]+"
    r"|[tT][eE][lL]:[0-9A-Za-z+().;=%*#-]+"
    rf"|\#[^{_FORBIDDEN}]*"
    rf"|/(?:[^{_FORBIDDEN}/][^{_FORBIDDEN}]*)?"
)


def safe_href(url: str) -> str | None:
    """Return `url` when it may stand in a link, else None.

    Allowed are http, https, mailto, tel, a fragment and a path of this site. The
    browser's `safeHref` is the same expression; tests/golden/urls.json holds both.
    """
    if len(url) > MAX_HREF_LENGTH or not _ALLOWED.fullmatch(url):
        return None
    return url


def is_external(href: str) -> bool:
    """Say whether a safe address leaves this site for a web page."""
    return href[:4].lower() == "http"
