"""Publish: the target of the rule that matches what back ends ask to publish on this region's bus.

On the message path, so it imports no more than it must, and writes one line a message; see
replay.py.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.dead_letter_queue import DeadLetterQueue
from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.domain.errors import TransientError
from globalws_functions.domain.publish_request import Outcome, PublishResult, publish
from globalws_functions.domain.redrive import REDRIVE, redrive_of
from globalws_functions.settings import ReplaySettings

logger = Logger()
metrics = Metrics()

_settings = ReplaySettings.parse(os.environ)
_api = GraphqlApi.connect(_settings.graphql_url, _settings.region)
_dead_letters = DeadLetterQueue.connect(
    _settings.dead_letter_queue_url, _settings.region, _settings.function_name
)

_METRIC = {
    Outcome.PUBLISHED: "MessagesRequested",
    Outcome.DUPLICATE: "DuplicateMessages",
    Outcome.DEAD_LETTERED: "PermanentFailures",
}


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True, correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Publishes one `PublishRequested` event; answers how it ended, and the message's id.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    if mark := redrive_of(event):
        logger.append_keys(**{REDRIVE: mark})
        metrics.add_metadata(REDRIVE, mark)
    try:
        result = publish(event, _api, _dead_letters)
    except TransientError as error:
        metrics.add_metric("TransientFailures", MetricUnit.Count, 1)
        logger.warning("request failed, to be retried", extra={"reason": str(error)})
        raise
    _report(result)
    known = {} if result.request is None else {"id": result.request.id}
    return {"outcome": result.outcome.value, **known}


def _report(result: PublishResult) -> None:
    metrics.add_metric(_METRIC[result.outcome], MetricUnit.Count, 1)
    request = result.request
    known = {} if request is None else {"channel": request.name}
    if request is not None:
        logger.set_correlation_id(request.id)
    if result.outcome is Outcome.DEAD_LETTERED or request is None:
        logger.error("request dead-lettered", extra={**known, "reason": result.reason})
        return
    known |= {"message": f"message {result.outcome.value}", "correlation_id": request.id}
    for key, value in known.items():
        metrics.add_metadata(key, value)
