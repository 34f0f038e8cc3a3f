"""All scripts, by family."""

from . import (
    content,
    cuts,
    framing,
    names,
    noise,
    order,
    redirects,
    spellings,
    splits,
    sse_errors,
    stalls,
    statuses,
    stop_reasons,
    verdicts,
    waits,
)
from .scripts import Script

FAMILIES: dict[str, list[Script]] = {
    "splits": splits.SCRIPTS,
    "framing": framing.SCRIPTS,
    "noise": noise.SCRIPTS,
    "order": order.SCRIPTS,
    "content": content.SCRIPTS,
    "spellings": spellings.SCRIPTS,
    "names": names.SCRIPTS,
    "statuses": statuses.SCRIPTS,
    "sse errors": sse_errors.SCRIPTS,
    "cuts": cuts.SCRIPTS,
    "stalls": stalls.SCRIPTS,
    "stop reasons": stop_reasons.SCRIPTS,
    "redirects": redirects.SCRIPTS,
    "waits": waits.SCRIPTS,
    "verdicts": verdicts.SCRIPTS,
}
SCRIPTS: list[Script] = [script for family in FAMILIES.values() for script in family]
