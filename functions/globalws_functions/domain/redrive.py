"""The mark that a redrive leaves in an event: from which dead-letter queue it comes, and why.

The command writes it (cli/domain/dead_letters.py), the functions put it into their log lines, and
`globalws trace` shows it. A function's event has it beside the detail, one that goes over a bus in
the detail: a bus passes nothing else on.
"""

from collections.abc import Mapping

REDRIVE = "redrive"
_FIELDS = ("region", "queue", "reason", "deadLetteredAt")
_LONGEST = 500


def redrive_mark(region: str, queue: str, reason: str, dead_lettered_at: str) -> dict[str, str]:
    """The mark; `queue` is `bus` or `function`, the instant is ISO 8601."""
    return dict(zip(_FIELDS, (region, queue, reason[:_LONGEST], dead_lettered_at), strict=True))


def redrive_of(event: object) -> dict[str, str] | None:
    """The mark of an event that was redriven; None for any other."""
    if not isinstance(event, Mapping):
        return None
    detail = event.get("detail")
    mark = event.get(REDRIVE) or (detail.get(REDRIVE) if isinstance(detail, Mapping) else None)
    if not isinstance(mark, Mapping):
        return None
    found = {field: mark.get(field) for field in _FIELDS}
    if not all(isinstance(value, str) for value in found.values()):
        return None
    return {field: str(value)[:_LONGEST] for field, value in found.items()}
