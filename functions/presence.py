"""Presence: the target of the rule that matches changes of presence, of every region. Tells this
region's subscribers of each.

It runs as often as members come and go, so it imports no more than Replay does.
"""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.presence_api import PresenceApi
from globalws_functions.domain.presence import Outcome, deliver
from globalws_functions.settings.presence import PresenceSettings

logger = Logger()
metrics = Metrics()

_settings = PresenceSettings.parse(os.environ)
_api = PresenceApi.connect(_settings.graphql_url, _settings.region)

_METRIC = {
    Outcome.DELIVERED: "PresenceChanges",
    Outcome.TOO_LATE: "PresenceChangesTooLate",
    Outcome.REFUSED: "PresenceChangesRefused",
}


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True, correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Delivers one `PresenceChanged` event; answers how it ended.

    Raises:
        TransientError: so that Lambda tries again, until the event is a minute old.
    """
    delivery = deliver(event, _api, datetime.now(UTC))
    metrics.add_metric(_METRIC[delivery.outcome], MetricUnit.Count, 1)
    if delivery.change is not None:
        metrics.add_metadata("channel", delivery.change.name)
        metrics.add_metadata("action", delivery.change.action.value)
    if delivery.outcome is not Outcome.DELIVERED:
        logger.warning(f"presence {delivery.outcome.value}", extra={"reason": delivery.reason})
    return {"outcome": delivery.outcome.value}
