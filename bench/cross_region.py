"""Cross-region: publish in A, received in B, on the real local stack; what bounds it, and whose
share of the time is whose.
"""

import asyncio
import json
import time
from dataclasses import asdict
from statistics import median
from typing import Any

import aiohttp
import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from bench.processes import children, cpu_seconds_by_part
from bench.publisher import HttpPublisher, publish_many
from bench.subscribers import Audience, Subscribers, subscribed
from bench.websocket import FIELDS
from cli.stack_file import RunningRegion, RunningStack
from tests.support.clients import set_faults
from tests.support.prepared import local_stack
from tests.support.stack import LocalStack

REGIONS = ("us-west-2", "ap-southeast-2")
_REPLAY = (
    "mutation($id:ID!,$name:String!,$message:String!,$publishedAt:AWSDateTime!,$region:String!)"
    "{publishFromBus(id:$id,name:$name,message:$message,publishedAt:$publishedAt,region:$region)"
    f"{{{FIELDS}}}}}"
)
_AWS = "local AWS: DynamoDB, logs"
_FUNCTIONS = "functions"
_SUPERVISOR = "supervisor, web client"
_CLIENTS = "publishers, subscriber"
_DYNAMODB = "emulator: one DynamoDB call"
_LAMBDA = "Replay invoked in the emulator, publishFromBus (a duplicate) inside"
_PUBLISH = "publishFromBus (a duplicate) alone"


def run(messages: int = 150, rates: tuple[int, ...] = (10, 20, 40, 80, 160)) -> dict[str, Any]:
    """ms from publish to receipt in the other region, and messages/s."""
    with local_stack("bench-cross", REGIONS) as stack:
        running = stack.running
        a, b = running.regions
        audience = Audience(_port(b), 1, key=b.apiKey, channel="tech")
        with subscribed(audience) as subscribers:
            found: dict[str, Any] = {}
            asyncio.run(_paced(a, subscribers, 20, 5.0))
            for latency in (0, 70):
                asyncio.run(_faults(a, b, latency))
                found[f"latency_{latency}_ms"] = asyncio.run(_paced(a, subscribers, messages, 8.0))
            asyncio.run(_faults(a, b, 0))
            found["sustained"] = [_step(stack, a, subscribers, rate) for rate in rates]
        found["parts_ms"] = asyncio.run(_parts(running, a, b))
        found |= _shares(found)
        found["backlog_free_per_second"] = _highest(found["sustained"])
    return found


def _step(
    stack: LocalStack, a: RunningRegion, subscribers: Subscribers, rate: int
) -> dict[str, Any]:
    """Eight seconds' messages at a rate; and how many cores each part took until all were there."""
    before, own, started = _cpu_seconds(stack), time.process_time(), time.monotonic()
    outcome = asyncio.run(_paced(a, subscribers, rate * 8, float(rate)))
    seconds = time.monotonic() - started
    took = {part: now - before.get(part, 0.0) for part, now in _cpu_seconds(stack).items()}
    took[_CLIENTS] = outcome["cpu_seconds"] + time.process_time() - own
    cores = {part: round(each / seconds, 2) for part, each in took.items()}
    return outcome | {"offered": rate, "cores": cores}


def _cpu_seconds(stack: LocalStack) -> dict[str, float]:
    if stack.process is None:
        raise RuntimeError("only a stack of our own can be measured")
    parts = {each.pid: each.region for each in stack.running.regions}
    for each in stack.running.regions:
        parts |= dict.fromkeys(children(each.pid), _FUNCTIONS)
    for pid, command in children(stack.process.pid).items():
        if "ministack" in command:
            parts[pid] = _AWS
            parts |= dict.fromkeys(children(pid), _FUNCTIONS)
    return cpu_seconds_by_part(stack.process.pid, parts, _SUPERVISOR)


def _shares(found: dict[str, Any]) -> dict[str, float]:
    """On a message's way are: the channel's read, the bus, Lambda, and the message's write."""
    parts = found["parts_ms"]
    emulator = 2 * parts[_DYNAMODB] + parts[_LAMBDA] - parts[_PUBLISH]
    return {
        "emulator_share_ms": round(emulator, 1),
        "our_share_ms": round(found["latency_0_ms"]["p50"] - emulator, 1),
    }


def _highest(steps: list[dict[str, Any]]) -> int:
    kept = [step["offered"] for step in steps if step["complete"] and step["behind_s"] < 1.0]
    return max(kept, default=0)


def _port(region: RunningRegion) -> int:
    return int(region.graphqlUrl.split(":")[2].split("/")[0])


async def _faults(a: RunningRegion, b: RunningRegion, latency: int) -> None:
    plan = {"links": {b.region: {"latencyMs": latency}}} if latency else {}
    async with aiohttp.ClientSession() as session:
        await set_faults(session, a, plan)


async def _paced(
    a: RunningRegion, subscribers: Subscribers, count: int, rate: float
) -> dict[str, Any]:
    """Publishes at a steady rate, by as many publishers as that takes."""
    publishers = [HttpPublisher(_port(a), a.apiKey) for _ in range(max(2, round(rate / 8)))]
    for publisher in publishers:
        await publisher.open()
    await asyncio.to_thread(subscribers.expect, count, 60.0)
    started = time.monotonic()
    free: asyncio.Queue[HttpPublisher] = asyncio.Queue()
    for publisher in publishers:
        free.put_nowait(publisher)

    async def one(publisher: HttpPublisher) -> float:
        try:
            return (await publish_many([publisher], ["tech"], 1, 300))[0]
        finally:
            free.put_nowait(publisher)

    tasks = []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one(await free.get())))
    answers = sorted(await asyncio.gather(*tasks))
    published = time.monotonic()
    received = await asyncio.to_thread(subscribers.received)
    for publisher in publishers:
        publisher.close()
    seconds = published - started
    return asdict(received) | {
        "publishes_per_second": round(count / seconds, 1),
        "answer_p50_ms": round(median(answers), 2),
        "behind_s": round(max(0.0, received.last / 1e9 - published), 2),
    }


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
