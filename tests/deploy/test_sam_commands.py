"""README's commands for AWS, as a user types them, on an emulated AWS that starts out empty."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.runtime.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY, LocalSettings
from emulator.runtime.stack.sam import aws_environment
from tests.support.empty_aws import empty_aws
from tests.support.stack import ROOT, stack_environment

pytestmark = [pytest.mark.deploys, pytest.mark.timeout(600)]

_REGIONS = ("us-west-2", "ap-southeast-2")
_SHELL_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_URL = "https://api.example.com/graphql"
_OUTPUTS = {"GraphQLUrl", "RealtimeUrl", "ApiKey", "ApiId", "EventBusArn", "Region"}


def _chapter(first_words: str) -> list[str]:
    """The commands of README's one block that starts with these words."""
    blocks = _SHELL_BLOCK.findall((ROOT / "README.md").read_text())
    (block,) = (each for each in blocks if each.startswith(first_words))
    return [line for line in str(block).splitlines() if line]


@dataclass(frozen=True)
class Account:
    """An emulated AWS account, and a copy of the project in which commands for it are run."""

    project: Path
    environment: dict[str, str]

    async def run(self, command: str) -> str:
        """Runs a command that must work; returns what it printed."""
        process = await asyncio.create_subprocess_shell(
            command,
            cwd=self.project,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, f"{command}\n{output.decode()}"
        return output.decode()

    def client(self, service: str, region: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            region_name=region,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    def outputs(self, region: str) -> dict[str, str]:
        """The outputs of the region's stack, which must stand."""
        (stack,) = self.client("cloudformation", region).describe_stacks(
            StackName=f"globalws-{region}"
        )["Stacks"]
        assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def functions(self, region: str) -> list[str]:
        listed = self.client("lambda", region).list_functions()["Functions"]
        return [each["FunctionName"] for each in listed]


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[Account]:
    project = tmp_path / "project"
    for name in ("functions", "graphql"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "template.yaml", project)
    # The emulator does not know AppSync's attribute RealtimeUrl, which a custom domain replaces.
    config = (ROOT / "samconfig.toml").read_text()
    assert config.count('parameter_overrides = "') == len(_REGIONS)
    (project / "samconfig.toml").write_text(
        config.replace('parameter_overrides = "', f'parameter_overrides = "ApiUrlOverride={_URL} ')
    )
    settings = LocalSettings.parse(stack_environment(tmp_path / "state", _REGIONS), ROOT)
    async with empty_aws(settings):
        # SAM leaves packages behind in the folder for temporary files.
        yield Account(project, aws_environment(settings) | {"TMPDIR": str(tmp_path)})


async def test_the_commands_of_readme_deploy_two_regions_and_delete_them(account: Account) -> None:
    await account.run("sam validate --lint")
    deploys = _chapter("sam build && sam deploy --config-env")
    buses: set[str] = set()
    for command in deploys:
        (region,) = (each for each in _REGIONS if each in command)
        # What a command overrides, it overrides all of.
        given = "--parameter-overrides "
        printed = await account.run(command.replace(given, f"{given}ApiUrlOverride={_URL} "))
        outputs = account.outputs(region)
        assert outputs["Region"] == region
        assert outputs.keys() >= _OUTPUTS
        for name in ("GraphQLUrl", "RealtimeUrl", "ApiKey"):
            assert name in printed
        buses.add(region)
        for each in buses:
            assert _peers(account, each) <= buses, "a rule points at a bus that is not there"
    for region in _REGIONS:
        assert len(account.functions(region)) >= 4
        assert _peers(account, region) == set(_REGIONS) - {region}

    again = await account.run(deploys[-1])
    assert "No changes to deploy" in again

    delete = f"sam delete --config-env {_REGIONS[0]}"
    assert f"`{delete}`" in " ".join((ROOT / "README.md").read_text().split())
    for region in _REGIONS:
        await account.run(f"{delete.replace(_REGIONS[0], region)} --no-prompts")
        with pytest.raises(ClientError, match="does not exist"):
            account.outputs(region)
        assert account.functions(region) == []


def _peers(account: Account, region: str) -> set[str]:
    """The regions to whose buses the region's rules send."""
    events = account.client("events", region)
    targets = [
        target["Arn"].split(":")
        for rule in events.list_rules(EventBusName="globalws")["Rules"]
        for target in events.list_targets_by_rule(Rule=rule["Name"], EventBusName="globalws")[
            "Targets"
        ]
    ]
    # For an empty list of peers, the emulator makes a rule for the region "".
    return {arn[3] for arn in targets if arn[2] == "events"} - {""}
