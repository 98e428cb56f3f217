"""A function that answers what it gets, and how it is asked."""

import json
from typing import Any

from emulator.lambda_workers.functions import Functions
from tests.integration.lambda_workers.lambda_api import ARN

ECHO = """
import os
print("loaded")

def handler(event, context):
    print("ran", event)
    return {"event": event, "pid": os.getpid(), "id": context.aws_request_id}
"""


async def answer_of(functions: Functions, event: Any) -> Any:
    """The answer to one invocation."""
    result = await functions.invoke(ARN, json.dumps(event))
    assert result.outcome == "ok", result
    return json.loads(result.payload)
