"""What the handlers on the message path share: retries, metrics, and one line a message."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from globalws_functions.domain.delivery import Delivery, Outcome
from globalws_functions.domain.errors import TransientError
from globalws_functions.domain.redrive import REDRIVE, redrive_of

T = TypeVar("T")

_METRIC = {
    Outcome.REPLAYED: "MessagesReplayed",
    Outcome.PUBLISHED: "MessagesRequested",
    Outcome.DUPLICATE: "DuplicateMessages",
    Outcome.WITHHELD: "MessagesWithheld",
    Outcome.DEAD_LETTERED: "PermanentFailures",
}


def attempt(
    logger: Logger, metrics: Metrics, event: Mapping[str, Any], what: str, act: Callable[[], T]
) -> T:
    """Does what an event asks for; `what` names it in the log.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    if mark := redrive_of(event):
        logger.append_keys(**{REDRIVE: mark})
        metrics.add_metadata(REDRIVE, mark)
    try:
        return act()
    except TransientError as error:
        metrics.add_metric("TransientFailures", MetricUnit.Count, 1)
        logger.warning(f"{what} failed, to be retried", extra={"reason": str(error)})
        raise


def report(
    logger: Logger,
    metrics: Metrics,
    delivery: Delivery[Any],
    id: str | None,
    known: Mapping[str, str],
    what: str,
) -> None:
    """Writes how a delivery ended: into the metrics' own line, or an error of its own.

    Args:
        id: the message's, None if the event could not be read.
        known: what else is said of it.
        what: what a dead letter is called in the log.
    """
    metrics.add_metric(_METRIC[delivery.outcome], MetricUnit.Count, 1)
    if delivery.outcome is Outcome.DEAD_LETTERED or id is None:
        logger.error(f"{what} dead-lettered", extra={**known, "reason": delivery.reason})
        return
    said = {**known, "message": f"message {delivery.outcome.value}", "correlation_id": id}
    for key, value in said.items():
        metrics.add_metadata(key, value)
