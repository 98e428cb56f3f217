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
from globalws_functions.domain.delivery import Delivery, Outcome
from globalws_functions.domain.message import Message
from globalws_functions.domain.replay import replay
from globalws_functions.message_handler import attempt, report
from globalws_functions.settings.replay import ReplaySettings

logger = Logger()
metrics = Metrics()

_settings = ReplaySettings.parse(os.environ)
_api = GraphqlApi.connect(_settings.graphql_url, _settings.region)
_dead_letters = DeadLetterQueue.connect(
    _settings.dead_letter_queue_url, _settings.region, _settings.function_name
)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True, correlation_id_path="detail.id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Replays one `MessagePublished` event; answers how it ended.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    delivery = attempt(logger, metrics, event, "replay", lambda: replay(event, _api, _dead_letters))
    _report(delivery)
    return {"outcome": delivery.outcome.value}


def _report(delivery: Delivery[Message]) -> None:
    message = delivery.message
    known = {} if message is None else {"channel": message.name, "origin": message.region}
    if message is not None and delivery.outcome is Outcome.REPLAYED:
        lag = message.age_ms(time.time())
        metrics.add_metric("ReplicationLag", MetricUnit.Milliseconds, lag)
        known["lag_ms"] = str(round(lag))
    id = None if message is None else message.id
    report(logger, metrics, delivery, id, known, "message")
