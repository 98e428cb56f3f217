"""An empty local AWS account for `make deploy`, and what is in it."""

import asyncio
import os
from dataclasses import dataclass
from typing import Any

import boto3

from emulator.runtime.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY, LocalSettings
from emulator.runtime.stack.sam import aws_environment
from tests.support.recorder import Recorder
from tests.support.stack import ROOT

A, B, C = "us-west-2", "ap-southeast-2", "eu-west-1"
_SECONDS = 240


@dataclass(frozen=True)
class Account:
    """A local AWS, and what was asked of it."""

    settings: LocalSettings
    recorder: Recorder

    def client(self, region: str, service: str) -> Any:
        """A boto3 client; typed Any, because its methods are made at run time."""
        make: Any = boto3.client
        return make(
            service,
            region_name=region,
            endpoint_url=self.settings.aws_endpoint_url,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    def environment(self) -> dict[str, str]:
        """With which AWS's tools reach it."""
        return aws_environment(self.settings) | {
            "HOME": os.environ["HOME"],
            "AWS_ENDPOINT_URL": self.recorder.url,
        }

    async def make(self, *arguments: str) -> tuple[int, str]:
        """`make …` with the local AWS's variables; the exit code, and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *("make", *arguments),
            cwd=ROOT,
            env=self.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
        assert process.returncode is not None
        return process.returncode, output.decode()

    async def made(self, *arguments: str) -> str:
        """The same for a command that must work; returns what it printed."""
        code, text = await self.make(*arguments)
        assert code == 0, text
        return text

    def held(self, region: str) -> dict[str, list[str]]:
        """What there is in a region, by kind, without the bucket that all SAM stacks share."""

        def names(service: str, operation: str, key: str, field: str | None = None) -> list[str]:
            client = self.client(region, service)
            pages = (
                client.get_paginator(operation).paginate()
                if client.can_paginate(operation)
                else [getattr(client, operation)()]
            )
            found = [each for page in pages for each in page.get(key, [])]
            return [each if field is None else each[field] for each in found]

        held = {
            "stacks": [
                each["StackName"]
                for each in self.client(region, "cloudformation").describe_stacks()["Stacks"]
                if each["StackName"] != "aws-sam-cli-managed-default"
            ],
            "tables": names("dynamodb", "list_tables", "TableNames"),
            "queues": names("sqs", "list_queues", "QueueUrls"),
            "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
            "rules": names("events", "list_rules", "Rules", "Name"),
            "buses": [
                name
                for name in names("events", "list_event_buses", "EventBuses", "Name")
                if name != "default"
            ],
            "log groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
            "APIs": names("appsync", "list_graphql_apis", "graphqlApis", "apiId"),
            "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
            "dashboards": names(
                "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"
            ),
        }
        return {kind: found for kind, found in held.items() if found}

    def held_globally(self) -> list[str]:
        """Roles, which belong to no region, and what was uploaded to SAM's buckets."""
        roles = self.client(A, "iam").list_roles()["Roles"]
        s3 = self.client(A, "s3")
        return [each["RoleName"] for each in roles] + [
            each["Key"]
            for bucket in s3.list_buckets()["Buckets"]
            for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
        ]

    async def delete_audit_tables(self, said: str) -> None:
        """Runs the commands that `make` printed for the tables that outlived their stacks."""
        commands = [line.split() for line in said.splitlines() if line.strip().startswith("aws ")]
        assert commands
        for _, *arguments in commands:
            process = await asyncio.create_subprocess_exec(
                *(str(ROOT / ".venv-awscli" / "bin" / "aws"), *arguments),
                env=self.environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
            assert process.returncode == 0, output.decode()
