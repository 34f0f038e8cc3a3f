"""Numbers as people read them."""

from decimal import Decimal

from django import template

register = template.Library()

KIB = 1024


@register.filter
def thousands(number: int) -> str:
    """51234 is 51,234."""
    return f"{number:,}"


@register.filter
def dollars(cost_usd: str) -> str:
    """Cents as they are; below a cent two digits that say something."""
    cost = Decimal(cost_usd)
    if cost < 0:
        return f"-{dollars(str(-cost))}"
    if cost == 0 or cost >= Decimal("0.01"):
        return f"${cost:,.2f}"
    if cost < Decimal("0.0001"):
        return "< $0.0001"
    return f"${cost:.4f}".rstrip("0")


@register.filter
def savings(saved_usd: str) -> str:
    """What the cache saved; as long as it was only filled, what that cost."""
    saved = Decimal(saved_usd)
    if saved < 0:
        return f"filling it cost {dollars(str(-saved))}"
    return f"saved {dollars(saved_usd)}"


@register.filter
def percent(part: float) -> str:
    """0.314 is 31 %; what is not quite all or nothing is not called so."""
    whole = round(part * 100)
    if part > 0 and whole == 0:
        return "< 1 %"
    return f"{99 if part < 1 and whole == 100 else whole} %"


@register.filter
def duration(seconds: float) -> str:
    """41 s, 2 min 5 s, 1 h 3 min."""
    whole = round(seconds)
    if whole < 1:
        return "< 1 s"
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


@register.filter
def file_size(size_bytes: int) -> str:
    """812 B, 41 KB, 1.2 MB, as file managers count."""
    if size_bytes < KIB:
        return f"{size_bytes} B"
    if size_bytes < KIB * KIB:
        return f"{size_bytes / KIB:.0f} KB"
    return f"{size_bytes / KIB / KIB:.1f} MB"


@register.filter
def milliseconds(count: int) -> str:
    """312 ms, 2.4 s, 2 min 5 s."""
    if count < 1000:
        return f"{count} ms"
    return f"{count / 1000:.1f} s" if count < 60_000 else duration(count / 1000)
