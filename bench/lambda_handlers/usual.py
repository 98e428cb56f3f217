"""The usual way: boto3 for credentials, Tracer, a pydantic model, and a session for each call."""

import json
import os
from typing import Any

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from requests_aws4auth import AWS4Auth

logger = Logger()
metrics = Metrics()
tracer = Tracer(disabled=True)


class Detail(BaseModel):
    """The message."""

    id: str
    name: str
    message: str
    publishedAt: str  # noqa: N815 - the event's own name
    region: str


class Published(EventBridgeModel):
    """The event."""

    detail: Detail


_session = boto3.Session()
_sqs = boto3.client("sqs", region_name=os.environ["AWS_REGION"])


@metrics.log_metrics
@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@event_parser(model=Published)
def handler(event: Published, context: Any) -> dict[str, str]:
    """One round trip."""
    credentials = _session.get_credentials()
    if credentials is None:
        raise RuntimeError("no credentials")
    auth = AWS4Auth(
        credentials.access_key,
        credentials.secret_key,
        os.environ["AWS_REGION"],
        "appsync",
        session_token=credentials.token,
    )
    body = json.dumps({"query": "mutation { m }", "variables": event.detail.model_dump()})
    response = requests.post(os.environ["GRAPHQL_URL"], data=body, auth=auth, timeout=10)
    metrics.add_metric("Calls", "Count", 1)
    logger.info("done", extra={"message_id": event.detail.id})
    return {"outcome": str(response.status_code)}
