"""Publish: the target of the rule that matches what back ends ask to publish on this region's bus.

On the message path, so it imports no more than it must, and writes one line a message; see
replay.py.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.dead_letter_queue import DeadLetterQueue
from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.domain.publish_request import publish
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
@logger.inject_lambda_context(clear_state=True, correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Publishes one `PublishRequested` event; answers how it ended, and the message's id.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    delivery = attempt(
        logger, metrics, event, "request", lambda: publish(event, _api, _dead_letters)
    )
    request = delivery.message
    known = {}
    if request is not None:
        logger.set_correlation_id(request.id)
        known["channel"] = request.name
    id = None if request is None else request.id
    report(logger, metrics, delivery, id, known, "request")
    answer = {"outcome": delivery.outcome.value}
    return answer if request is None else {**answer, "id": request.id}
