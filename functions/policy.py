"""Policy: writes operators' decisions into this region's Channels table, nothing else.

It gets the same commands as the Command function, which writes them too, but shares nothing with
it that can fail. If the Command function is broken, a blocked channel is still refused, and the
janitor ends its subscriptions.
"""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.channels_table import ChannelsTable
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import InvalidEventError, PermanentError
from globalws_functions.domain.redrive import redrive_of
from globalws_functions.settings.commands import PolicySettings

logger = Logger()

_settings = PolicySettings.parse(os.environ)


@cache
def _channels() -> ChannelsTable:
    return ChannelsTable.connect(_settings.channels_table, _settings.region)


@logger.inject_lambda_context(clear_state=True, correlation_id_path="detail.id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Writes a command's policy or grant, if it has one.

    Returns `{"outcome"}`: `written`, `already written`, `superseded`, `none` or `refused`.

    Raises:
        TransientError: so that Lambda tries again, and then keeps the event in the OnFailure queue.
    """
    if mark := redrive_of(event):
        logger.append_keys(redrive=mark)
    try:
        command = read_command(event)
    except InvalidEventError as error:
        # The Command function has the same event, and sends it to the dead-letter queue.
        logger.error("command refused", extra={"reason": str(error)})
        return {"outcome": "refused", "reason": str(error)}
    logger.set_correlation_id(command.id)  # which the event may have left out
    outcome = "none"
    try:
        if command.grant is not None:
            outcome = _channels().grant(command).decided.value
        elif command.policy is not None:
            outcome = _channels().decide(command, datetime.now(UTC)).decided.value
    except PermanentError as error:  # the Command function's too
        logger.error("command refused", extra={"reason": str(error)})
        return {"outcome": "refused", "reason": str(error)}
    logger.info(
        f"policy {outcome}",
        extra={
            "channel": command.name,
            "policy": command.policy,
            "details": command.details,
            "decision": command.decision,
        },
    )
    return {"outcome": outcome}
