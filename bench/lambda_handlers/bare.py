"""The floor of an init: a handler that imports what Replay needs, and does nothing."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from requests_aws4auth import AWS4Auth

logger = Logger()
metrics = Metrics()
_signer = AWS4Auth


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Does nothing."""
    return {"outcome": "nothing"}
