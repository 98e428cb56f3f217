"""Events, commands and dead letters that the command's tests share."""

import json
from typing import Any

from cli.domain.changes import Change
from cli.domain.dead_letters import DeadLetter, Home, Queue


def change(what: str, detail_type: str, **fields: Any) -> Change:
    """An operator's command."""
    at = "2026-11-23T10:15:00.500Z"
    return Change(what, detail_type, fields, "01KB4YXW0G8Q2M7R3T5V9XZABC", "claim", "ops@host", at)


def event(detail_type: str, detail: dict[str, object]) -> dict[str, object]:
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": detail_type,
        "source": "globalws",
        "account": "123456789012",
        "time": "2026-11-23T10:15:01Z",
        "region": "us-west-2",
        "resources": [],
        "detail": detail,
    }


BUS = "arn:aws:events:us-west-2:123456789012:event-bus/globalws"
PEER_BUS = "arn:aws:events:ap-southeast-2:123456789012:event-bus/globalws"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:replay"
HOME = Home(BUS, frozenset({"replay", "purge"}), frozenset({"us-west-2", "ap-southeast-2"}))
MESSAGE = event(
    "MessagePublished",
    {
        "id": "01KB4YXW0G8Q2M7R3T5V9XZABC",
        "name": "tech",
        "message": "hi",
        "publishedAt": "2026-11-23T10:15:00.123Z",
        "region": "us-west-2",
    },
)


def dead_letter(queue: Queue, body: Any, **attributes: str) -> DeadLetter:
    text = body if isinstance(body, str) else json.dumps(body)
    return DeadLetter("us-west-2", queue, "m-1", "receipt", text, attributes, 0.0, 1)


def bus_dead_letter(target: str, body: Any = MESSAGE) -> DeadLetter:
    return dead_letter(
        Queue.BUS,
        body,
        TARGET_ARN=target,
        ERROR_CODE="NO_PERMISSIONS",
        ERROR_MESSAGE="not allowed",
        RETRY_ATTEMPTS="3",
    )


def record(name: str = FUNCTION + ":$LATEST", condition: str = "RetriesExhausted") -> Any:
    return {
        "requestContext": {"functionArn": name, "condition": condition},
        "requestPayload": MESSAGE,
        "responsePayload": {"errorType": "TransientError", "errorMessage": "HTTP 503"},
    }
