"""Replay: the target of the rule that matches the peers' messages. Publishes each in this region.

On the message path, so it imports no more than it must: no boto3, no pydantic, no tracer. And it
writes one line a message, the metrics' own with the message's id: logs cost more than Lambda.
"""

import os
import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.dead_letter_queue import DeadLetterQueue
from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.domain.errors import TransientError
from globalws_functions.domain.redrive import REDRIVE, redrive_of
from globalws_functions.domain.replay import Outcome, ReplayResult, replay
from globalws_functions.settings import ReplaySettings

logger = Logger()
metrics = Metrics()

_settings = ReplaySettings.parse(os.environ)
_api = GraphqlApi.connect(_settings.graphql_url, _settings.region)
_dead_letters = DeadLetterQueue.connect(
    _settings.dead_letter_queue_url, _settings.region, _settings.function_name
)

_METRIC = {
    Outcome.REPLAYED: "MessagesReplayed",
    Outcome.DUPLICATE: "DuplicateMessages",
    Outcome.WITHHELD: "MessagesWithheld",
    Outcome.DEAD_LETTERED: "PermanentFailures",
}


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True, correlation_id_path="detail.id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Replays one `MessagePublished` event; answers how it ended.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    if mark := redrive_of(event):
        logger.append_keys(**{REDRIVE: mark})
        metrics.add_metadata(REDRIVE, mark)
    try:
        result = replay(event, _api, _dead_letters)
    except TransientError as error:
        metrics.add_metric("TransientFailures", MetricUnit.Count, 1)
        logger.warning("replay failed, to be retried", extra={"reason": str(error)})
        raise
    _report(result)
    return {"outcome": result.outcome.value}


def _report(result: ReplayResult) -> None:
    metrics.add_metric(_METRIC[result.outcome], MetricUnit.Count, 1)
    message = result.message
    known = {} if message is None else {"channel": message.name, "origin": message.region}
    if result.outcome is Outcome.DEAD_LETTERED or message is None:
        logger.error("message dead-lettered", extra={**known, "reason": result.reason})
        return
    if result.outcome is Outcome.REPLAYED:
        lag = message.age_ms(time.time())
        metrics.add_metric("ReplicationLag", MetricUnit.Milliseconds, lag)
        known["lag_ms"] = str(round(lag))
    known |= {"message": f"message {result.outcome.value}", "correlation_id": message.id}
    for key, value in known.items():
        metrics.add_metadata(key, value)
