"""The event that starts the janitor (events/contracts/ScheduledEvent.json)."""

from collections.abc import Mapping

from globalws_functions.domain.errors import InvalidEventError


def check_scheduled_event(event: object) -> None:
    """Passes an event of a schedule, and nothing else.

    Raises:
        InvalidEventError: it is something else.
    """
    if (
        not isinstance(event, Mapping)
        or event.get("source") != "aws.events"
        or event.get("detail-type") != "Scheduled Event"
    ):
        raise InvalidEventError("the event is not a Scheduled Event of aws.events")
