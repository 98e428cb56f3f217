"""Records of the audit, as tests of its table save them."""

from datetime import timedelta

from globalws_functions.domain.apply import AuditRecord, Outcome
from globalws_functions.domain.command import Action
from globalws_functions.domain.fields import iso

from tests.support.functions import NOW


def record(number: int, name: str) -> AuditRecord:
    """The record of a purge, so many seconds after NOW."""
    at = iso(NOW + timedelta(seconds=number))
    return AuditRecord(
        key=f"{name}#purge#{number}",
        event_id=f"{number:026d}",
        action=Action.PURGE,
        name=name,
        reason="spam",
        by="ops",
        at=at,
        origin="us-west-2",
        region="us-west-2",
        recorded_at=at,
        outcome=Outcome.DONE,
        steps={"subscriptions": "ended"},
    )
