"""Command: the target of the rule that matches operators' commands.

Applies each command in this region: it writes the policy, ends subscriptions, deletes stored
messages and records what was done.
"""

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.audit_table import AuditTable
from globalws_functions.adapters.channels_table import ChannelsTable
from globalws_functions.adapters.dead_letter_queue import DeadLetterQueue
from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.adapters.messages_table import MessagesTable
from globalws_functions.domain.apply import Region, apply
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import InvalidEventError, PermanentError, TransientError
from globalws_functions.domain.redrive import redrive_of
from globalws_functions.settings.commands import CommandSettings

logger = Logger()
metrics = Metrics()

_settings = CommandSettings.parse(os.environ)
_dead_letters = DeadLetterQueue.connect(
    _settings.dead_letter_queue_url, _settings.region, _settings.function_name
)


@cache
def _region() -> Region:
    name = _settings.region
    return Region(
        name=name,
        deployed=_settings.deployed,
        policies=ChannelsTable.connect(_settings.channels_table, name),
        api=GraphqlApi.connect(_settings.graphql_url, name),
        history=MessagesTable.connect(_settings.messages_table, name),
        audit=AuditTable.connect(_settings.audit_table, _settings.audit_retention, name),
        clock=lambda: datetime.now(UTC),
        pause=time.sleep,
    )


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True, correlation_id_path="detail.id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Carries out one command (`domain.command.EVENTS`); answers how it ended.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    if mark := redrive_of(event):
        logger.append_keys(redrive=mark)
    try:
        command = read_command(event)
        logger.set_correlation_id(command.id)  # which the event may have left out
        record = apply(command, _region(), lambda: context.get_remaining_time_in_millis() / 1000)
    except InvalidEventError as error:
        return _dead_letter(event, "InvalidEvent", error)
    except PermanentError as error:
        return _dead_letter(event, error.error_type, error)
    except TransientError as error:
        metrics.add_metric("TransientFailures", MetricUnit.Count, 1)
        logger.warning("command failed, to be retried", extra={"reason": str(error)})
        raise
    metrics.add_metric("OrdersCarriedOut", MetricUnit.Count, 1)
    logger.info(f"command {record.outcome}", extra={"audit": asdict(record)})
    return {"outcome": record.outcome.value, **record.steps}


def _dead_letter(event: dict[str, Any], error_type: str, error: Exception) -> dict[str, str]:
    _dead_letters.send(event, error_type, str(error))
    metrics.add_metric("PermanentFailures", MetricUnit.Count, 1)
    logger.error("command dead-lettered", extra={"reason": str(error)})
    return {"outcome": "dead-lettered", "reason": str(error)}
