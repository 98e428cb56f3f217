"""A deployment without AWS: two regions that carry commands to each other at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from globalws_functions.domain.channel_rules import PROBE
from globalws_functions.domain.command import read_command

from cli.adapters.stacks import Stack
from cli.domain.changes import instant
from cli.errors import CliError, RefusedError, UnreachableError
from cli.targets.choose import TargetOptions
from cli.targets.target import Kind, Region, Target
from tests.unit.cli.samples import event

REGIONS = ("us-west-2", "ap-southeast-2")
DEFAULT = ("cars", "tech")


@dataclass
class FakeRegion:
    """One region's API, bus and tables. `down`: nothing of it answers. `stuck`: commands get lost.

    `unrecorded`: only Policy works there: it writes a command's policy, and nothing else happens.
    """

    name: str
    peers: list["FakeRegion"] = field(default_factory=list)
    down: bool = False
    stuck: bool = False
    unrecorded: bool = False
    decided: dict[str, dict[str, Any]] = field(default_factory=dict)
    audit: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    failed_entries: int = 0
    outcome: str = "done"
    stack: dict[str, str] = field(
        default_factory=lambda: {
            "ApiKeys": "A",
            "PeerRegions": "x",
            "AllowedChannels": ",".join(DEFAULT),
        }
    )
    stack_statuses: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self._answer()
        given = dict(variables or {})
        if "publish(" in query:
            if not self.channel(given["name"])["allowed"]:
                raise RefusedError("ChannelNotAllowed", f"channel {given['name']} is not allowed")
            message = {
                **given,
                "publishedAt": instant(1_790_000_000),
                "region": self.name,
            }
            self.published.append(message)
            return {"publish": message}
        if "presence(" in query:
            start = int(given["nextToken"] or 0)
            more = str(start + 100) if start + 100 < len(self.members) else None
            page = {"items": self.members[start : start + 100], "nextToken": more}
            return {"presence": page}
        if "history(" in query:
            return {"h0": {"items": [], "nextToken": None}}
        if "getChannel(" in query:
            return {"getChannel": self.channel(given["name"])}
        raise AssertionError(f"no such operation: {query}")

    def channel(self, name: str) -> dict[str, Any]:
        default = {"allowed": name in (*DEFAULT, PROBE), "reason": None, "updatedAt": None}
        return {"name": name, **self.decided.get(name, default)}

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's
        self._answer()
        if self.failed_entries:
            self.failed_entries -= 1
            return {
                "FailedEntryCount": 1,
                "Entries": [{"ErrorCode": "InternalException", "ErrorMessage": "busy"}],
            }
        detail = json.loads(Entries[0]["Detail"])
        self.events.append(Entries[0])
        for region in (self, *self.peers):
            if not region.stuck and not region.down:
                region.carry_out(Entries[0]["DetailType"], detail)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e-1"}]}

    def carry_out(self, detail_type: str, detail: dict[str, Any]) -> None:
        command = read_command(event(detail_type, detail))
        action = str(command.action)
        name = command.name
        if action == "reset":
            self.decided.pop(name, None)
        elif command.grant is not None:
            item = self.decided.setdefault(name, {})
            operations = list(command.grant.operations)
            item.setdefault("grants", {})[command.grant.pattern] = {"operations": operations}
        elif command.policy is not None:
            levels = {key: detail[key] for key in ("publish", "subscribe") if key in detail}
            self.decided[name] = {
                **({"grants": {}} | self.decided.get(name, {}) if command.user else {}),
                "allowed": detail.get("allowed", False),
                "reason": detail["reason"],
                "updatedAt": detail["at"],
                **levels,
            }
        if self.unrecorded:
            return
        key = command.key
        self.audit[key] = {
            "key": {"S": key},
            "at": {"S": detail["at"]},
            "action": {"S": action},
            "channel": {"S": name},
            "by": {"S": detail["by"]},
            "details": {"S": command.details},
            "outcome": {"S": self.outcome},
            "steps": {"M": {"policy": {"S": "already written"}, "subscriptions": {"S": "ended"}}},
        }

    def get_item(self, **request: Any) -> dict[str, Any]:
        self._answer()
        if request["TableName"] == "channels-table":
            found = {each["name"]["S"]: each for each in self._channel_items()}
            item = found.get(request["Key"]["name"]["S"])
            return {} if item is None else {"Item": item}
        item = self.audit.get(request["Key"]["key"]["S"])
        return {} if item is None else {"Item": item}

    def scan(self, **request: Any) -> dict[str, Any]:
        """Pages of 500 items."""
        self._answer()
        items = self._channel_items()
        start = int(request.get("ExclusiveStartKey", {"at": {"N": "0"}})["at"]["N"])
        end = start + 500
        more = {"LastEvaluatedKey": {"at": {"N": str(end)}}} if end < len(items) else {}
        return {"Items": items[start:end], **more}

    def _channel_items(self) -> list[dict[str, Any]]:
        write = TypeSerializer().serialize
        items = {
            "#janitor": {"startedAt": instant(1_790_000_000), "invalidated": 2, "failed": 0},
            **self.decided,
        }
        return [
            {key: write(value) for key, value in {"name": name, **item}.items()}
            for name, item in items.items()
        ]

    def query(self, **request: Any) -> dict[str, Any]:
        self._answer()
        return {"Items": list(self.audit.values())[: request["Limit"]]}

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        self._answer()
        counts = {"ApproximateNumberOfMessages": "3"} if "bus" in request["QueueUrl"] else {}
        return {"Attributes": counts, "ResponseMetadata": {"HTTPHeaders": {}}}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        self._answer()
        return {"Messages": []}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        """The stack; in the status that is next in `stack_statuses`, else settled."""
        self._answer()
        status = self.stack_statuses.pop(0) if self.stack_statuses else "UPDATE_COMPLETE"
        pairs = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.stack.items()]
        return {"Stacks": [{"StackName": StackName, "StackStatus": status, "Parameters": pairs}]}

    def update_stack(self, **request: Any) -> None:
        self._answer()
        self.updates.append(request)
        for each in request["Parameters"]:
            if not each.get("UsePreviousValue"):
                self.stack[each["ParameterKey"]] = each["ParameterValue"]

    def read_stack(self, name: str, outputs: dict[str, str]) -> Stack:
        return Stack(self.name, name, parameters=self.stack, outputs=outputs)

    def _answer(self) -> None:
        if self.down:
            raise UnreachableError(f"{self.name} does not answer")


class FakeDeployment:
    """What `cli.session` sees in place of the real one; set by the fixture `deployment`."""

    def __init__(self) -> None:
        self.regions = {name: FakeRegion(name) for name in REGIONS}
        for region in self.regions.values():
            region.peers = [each for each in self.regions.values() if each is not region]
        self.options: TargetOptions | None = None
        self.error: CliError | None = None

    def choose(self, options: TargetOptions, directory: object, note: object) -> Target:
        self.options = options
        if self.error is not None:
            raise self.error
        regions = [self._region(each) for each in self.regions.values()]
        return Target.select(Kind.LOCAL, "a fake stack", regions, options.regions)

    def connect(self, region: Region) -> FakeRegion:
        return self.regions[region.name]

    def _region(self, fake: FakeRegion) -> Region:
        clients: Any = SimpleNamespace(
            region=fake.name,
            events=fake,
            tables=fake,
            sqs=fake,
            functions=None,
            stacks=fake,
            credentials=lambda: f"credentials of {fake.name}",
        )
        outputs = {
            "GraphQLUrl": f"http://127.0.0.1/{fake.name}/graphql",
            "RealtimeUrl": f"ws://127.0.0.1/{fake.name}/graphql",
            "ApiKey": "da2-key",
            "ApiId": f"api-{fake.name}",
            "EventBusName": "globalws",
            "PublishFunctionName": "publish",
            "AuditTableName": "audit-table",
            "ChannelsTableName": "channels-table",
            "BusDeadLetterQueueUrl": "http://queue/bus",
            "FunctionDeadLetterQueueUrl": "http://queue/function",
        }
        name = f"globalws-{fake.name}"
        return Region(
            fake.name,
            name,
            clients,
            lambda: fake.read_stack(name, outputs | fake.outputs),
        )
