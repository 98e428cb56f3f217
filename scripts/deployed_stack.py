"""`make conformance TARGET=aws`: describes deployed stacks as tests want them, in a stack file.

Reads the outputs of the stacks NAME-REGION. Takes the key pair from the usual places; the tests
sign by themselves, and know no session tokens, so it must be one of an IAM user.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import boto3

from cli.adapters.stacks import read_stack
from cli.deploy.stacks import clients_of, stack_name
from cli.errors import CliError
from cli.stack_file import RunningRegion, RunningStack


class NotUsableError(Exception):
    """These credentials or stacks cannot be tested; the message says why."""


def _region(region: str, deployment: str) -> RunningRegion:
    found = read_stack(clients_of(region), stack_name(deployment, region))
    outputs = found.outputs
    if "ApiKey" not in outputs:
        raise NotUsableError(f"{found.name} has no API key (ApiKeys=none): the tests need one")
    return RunningRegion(
        region=region,
        graphqlUrl=outputs["GraphQLUrl"],
        realtimeUrl=outputs["RealtimeUrl"],
        apiKey=outputs["ApiKey"],
        stackName=found.name,
        eventBusName=outputs["EventBusName"],
        eventsUrl="",
        pid=0,
    )


def describe(regions: list[str], deployment: str) -> RunningStack:
    """The deployed stacks.

    Raises:
        NotUsableError: there are no credentials, or temporary ones, or no API key.
        CliError: AWS does not tell.
    """
    session: Any = boto3.Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise NotUsableError("no AWS credentials: set the usual variables or a profile")
    frozen = credentials.get_frozen_credentials()
    if frozen.token:
        raise NotUsableError("temporary credentials: the tests need the key pair of an IAM user")
    return RunningStack(
        regions=tuple(_region(region, deployment) for region in regions),
        awsEndpointUrl="",
        accessKeyId=frozen.access_key,
        secretAccessKey=frozen.secret_key,
    )


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.deployed_stack", description=__doc__)
    parser.add_argument("--deployment", default="globalws")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("regions", nargs=2, help="the two regions, e.g. us-west-2 ap-southeast-2")
    given = parser.parse_args()
    try:
        stack = describe(given.regions, given.deployment)
    except (NotUsableError, CliError) as error:
        print(f"make conformance: {error}", file=sys.stderr)
        return 1
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.touch(mode=0o600)
    stack.write(given.output)
    given.output.chmod(0o600)
    return 0


if __name__ == "__main__":
    sys.exit(main())
