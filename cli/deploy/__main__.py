"""`python -m cli.deploy up|add|remove|destroy`: a deployment's regions; `make` calls it.

Works on the account of the usual AWS variables. With AWS_ENDPOINT_URL it is a rehearsal in the
emulated AWS there, which serves no API.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.deploy.errors import DeployError
from cli.deploy.parameters import Parameters
from cli.deploy.plan import (
    Deploy,
    Plan,
    add_plan,
    checked_deployment,
    checked_regions,
    deploy_plan,
    destroy_plan,
    remove_plan,
)
from cli.deploy.rehearsal import check_unserved, emulated_aws, rehearsed
from cli.deploy.run import Runner
from cli.deploy.sam import Sam
from cli.deploy.samconfig import SamConfig
from cli.deploy.stacks import Stack, dead_letters, find_stacks
from cli.standard_streams import prepare

_ROOT = Path(__file__).resolve().parents[2]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cli.deploy", description=__doc__)
    parser.add_argument("command", choices=["up", "add", "remove", "destroy"])
    parser.add_argument("regions", nargs="*", help="of the deployment; add, remove: the one")
    parser.add_argument("--deployment", default="globalws", help="several share an account")
    parser.add_argument(
        "--parameter", action="append", default=[], help="NAME=VALUE, or REGION:NAME=VALUE"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before deleting")
    return parser.parse_args()


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


def _plan(command: str, regions: tuple[str, ...], existing: dict[str, Stack]) -> Plan:
    there = tuple(region for region, stack in existing.items() if not stack.was_never_created)
    if command in ("add", "remove") and len(regions) != 1:
        raise DeployError(f"one region: make {command}-region REGION=eu-west-1")
    match command:
        case "up":
            return deploy_plan(regions, there)
        case "add":
            return add_plan(regions[0], there)
        case "remove":
            return remove_plan(regions[0], there)
    return destroy_plan(regions, tuple(existing))


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise DeployError(f"{question} Not done: there is no terminal to ask on; YES=1 says yes")
    if input(f"  {question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise DeployError("not done")


def _check_removal(command: str, regions: tuple[str, ...], found: dict[str, Stack]) -> str:
    """The question to ask. Raises DeployError where messages would be lost."""
    if command == "destroy":
        names = ", ".join(stack.name for stack in found.values())
        return f"Delete {names} and all they hold but the audit records?"
    stack = found[regions[0]]
    held = dead_letters(stack)
    if held:
        raise DeployError(
            f"{stack.name} holds {held} dead letters: `globalws dlq redrive`, or drop them first"
        )
    return f"Delete {stack.name} and all it holds but the audit records?"


def _note_samconfig(config: SamConfig, found: dict[str, Stack]) -> None:
    for region, stack in found.items():
        named = set(filter(None, config.overrides(region).get("PeerRegions", "").split(",")))
        if region in config.regions and named != set(stack.peers):
            _say(
                f"note: samconfig.toml has PeerRegions={','.join(sorted(named))} for {region}; "
                f"before you use sam deploy by itself: {','.join(stack.peers)}"
            )


def main() -> int:
    """The command line; returns the exit code."""
    given = _arguments()
    try:
        deployment = checked_deployment(given.deployment)
        regions = checked_regions(given.regions)
        config = SamConfig.read(_ROOT / "samconfig.toml")
        own = [
            os.environ[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if name in os.environ
        ]
        places = checked_regions([*regions, *own, *config.regions])
        parameters = Parameters.parse(given.parameter)
        existing = find_stacks(deployment, places)
        endpoint = emulated_aws(places[0])
        if endpoint is not None:
            check_unserved(endpoint, existing)
            parameters = rehearsed(parameters)
            _say(f"rehearsal in the AWS at {endpoint}: nothing serves its API, `make run` does")
        plan = _plan(given.command, regions, existing)
        if not plan:
            _say("nothing is there")
            return 0
        parameters.check(
            [step.region for stage in plan for step in stage if isinstance(step, Deploy)]
        )
        if given.command in ("remove", "destroy"):
            _confirm(_check_removal(given.command, regions, existing), yes=given.yes)
        (_ROOT / ".aws-sam").mkdir(exist_ok=True)
        with TemporaryDirectory(prefix="deploy-", dir=_ROOT / ".aws-sam") as built:
            sam = Sam(_ROOT, Path(built), os.environ)
            Runner(deployment, sam, config, parameters, existing, _say).run(plan)
        if given.command != "destroy":
            found = find_stacks(deployment, places)
            for region, stack in found.items():
                _say(f"{region}: {stack.outputs.get('GraphQLUrl', '')}")
            _note_samconfig(config, found)
    except DeployError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    prepare()
    sys.exit(main())
