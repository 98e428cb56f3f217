"""Policy: writes what operators decided about channels into this region's registry, no more.

It has the same orders as Purge, which writes them too, and shares nothing with it that could fail:
with Purge broken a blocked channel is refused all the same, and the janitor ends what is open.
"""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.channels_table import ChannelsTable
from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.order import read_order
from globalws_functions.domain.redrive import redrive_of
from globalws_functions.settings import PolicySettings

logger = Logger()

_settings = PolicySettings.parse(os.environ)


@cache
def _channels() -> ChannelsTable:
    return ChannelsTable.connect(_settings.channels_table, _settings.region)


@logger.inject_lambda_context(clear_state=True, correlation_id_path="detail.id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Writes one order's policy, if it has one; answers `written`, `already written`, `superseded`,
    `none` or `refused`.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    if mark := redrive_of(event):
        logger.append_keys(redrive=mark)
    try:
        order = read_order(event)
    except InvalidEventError as error:
        # Purge has the same event, and sends it to the dead-letter queue.
        logger.error("order refused", extra={"reason": str(error)})
        return {"outcome": "refused", "reason": str(error)}
    logger.set_correlation_id(order.id)  # which the event may have left out
    outcome = "none"
    if order.policy is not None:
        outcome = _channels().decide(order, datetime.now(UTC)).value
    logger.info(
        f"policy {outcome}",
        extra={"channel": order.name, "policy": order.policy, "decision": order.decision},
    )
    return {"outcome": outcome}
