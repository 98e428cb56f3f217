"""Cross-region: publish in A, received in B, on the real local stack; what bounds it; and the same
beside an earlier commit.
"""

import asyncio
import json
import time
from statistics import median
from typing import Any

import aiohttp
import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from bench import side_by_side
from bench.region_load import REGIONS, paced, port_of, step
from bench.subscribers import Audience, subscribed
from bench.websocket import FIELDS
from cli.stack_file import RunningRegion, RunningStack
from tests.support.clients import set_faults
from tests.support.prepared import local_stack

_REPLAY = (
    "mutation($id:ID!,$name:String!,$message:String!,$publishedAt:AWSDateTime!,$region:String!)"
    "{publishFromBus(id:$id,name:$name,message:$message,publishedAt:$publishedAt,region:$region)"
    f"{{{FIELDS}}}}}"
)
_DYNAMODB = "one DynamoDB call, by boto3"
_LAMBDA = "Replay invoked in the local AWS, publishFromBus (a duplicate) inside"
_PUBLISH = "publishFromBus (a duplicate) alone"


def run(messages: int = 150, rates: tuple[int, ...] = (20, 40, 160)) -> dict[str, Any]:
    """ms from publish to receipt in the other region, and messages/s."""
    with local_stack("bench-cross", REGIONS) as stack:
        running = stack.running
        a, b = running.regions
        audience = Audience(port_of(b), 1, key=b.apiKey, channel="tech")
        with subscribed(audience) as subscribers:
            found: dict[str, Any] = {}
            asyncio.run(paced(a, subscribers, 20, 5.0))
            for latency in (0, 70):
                asyncio.run(_faults(a, b, latency))
                found[f"latency_{latency}_ms"] = asyncio.run(paced(a, subscribers, messages, 8.0))
            asyncio.run(_faults(a, b, 0))
            found["sustained"] = [step(stack, a, subscribers, rate) for rate in rates]
        found["parts_ms"] = asyncio.run(_parts(running, a, b))
        found["backlog_free_per_second"] = _highest(found["sustained"])
    found["side_by_side"] = side_by_side.run()
    return found


def run_small() -> dict[str, Any]:
    """Only what the quick check compares."""
    return {"side_by_side": side_by_side.run_small()}


def _highest(steps: list[dict[str, Any]]) -> int:
    kept = [each["offered"] for each in steps if side_by_side.holds(each)]
    return max(kept, default=0)


async def _faults(a: RunningRegion, b: RunningRegion, latency: int) -> None:
    plan = {"links": {b.region: {"latencyMs": latency}}} if latency else {}
    async with aiohttp.ClientSession() as session:
        await set_faults(session, a, plan)


async def _parts(stack: RunningStack, a: RunningRegion, b: RunningRegion) -> dict[str, float]:
    """Each part alone, one after the other, 60 times: the median in ms."""
    clients: dict[str, Any] = {
        service: _client(stack, b, service) for service in ("lambda", "dynamodb", "cloudformation")
    }
    resources = clients["cloudformation"].describe_stack_resources(StackName=b.stackName)
    names = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources["StackResources"]
    }
    function = names["ReplayFunction"]
    table = next(name for key, name in names.items() if key.startswith("Messages"))
    message = {
        "id": "01KB4YXW0G8Q2M7R3T5V9XZABC",
        "name": "tech",
        "message": "x" * 300,
        "publishedAt": "2026-11-23T10:15:00.123Z",
        "region": a.region,
    }
    event = {
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "MessagePublished",
        "source": "globalws",
        "region": a.region,
        "detail": message,
    }
    key = {"name": {"S": "tech"}, "id": {"S": message["id"]}}

    def invoke() -> None:
        clients["lambda"].invoke(FunctionName=function, Payload=json.dumps(event).encode())

    def get_item() -> None:
        clients["dynamodb"].get_item(TableName=table, Key=key)

    async with aiohttp.ClientSession() as session:

        async def replay() -> None:
            body = json.dumps({"query": _REPLAY, "variables": message}).encode()
            headers = _signed(stack, b, body)
            async with session.post(b.graphqlUrl, data=body, headers=headers) as response:
                await response.read()

        return {
            _DYNAMODB: await _median_of(lambda: asyncio.to_thread(get_item)),
            _LAMBDA: await _median_of(lambda: asyncio.to_thread(invoke)),
            _PUBLISH: await _median_of(replay),
        }


def _client(stack: RunningStack, region: RunningRegion, service: Any) -> Any:
    return boto3.client(
        service,
        region_name=region.region,
        endpoint_url=stack.awsEndpointUrl,
        aws_access_key_id=stack.accessKeyId,
        aws_secret_access_key=stack.secretAccessKey,
        config=Config(retries={"total_max_attempts": 1}),
    )


async def _median_of(call: Any, count: int = 60) -> float:
    took = []
    for _ in range(count + 5):
        started = time.perf_counter()
        await call()
        took.append((time.perf_counter() - started) * 1000)
    return round(median(took[5:]), 2)


def _signed(stack: RunningStack, region: RunningRegion, body: bytes) -> dict[str, str]:
    request = AWSRequest("POST", region.graphqlUrl, {"content-type": "application/json"}, body)
    credentials = Credentials(stack.accessKeyId, stack.secretAccessKey)
    SigV4Auth(credentials, "appsync", region.region).add_auth(request)
    return dict(request.headers.items())
