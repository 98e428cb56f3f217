"""`globalws deploy`, `add-region`, `remove-region` and `destroy`: the regions of a deployment.

They work on the account of the usual AWS variables. With AWS_ENDPOINT_URL it is a rehearsal in the
emulated AWS there, which serves no API.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from cli.adapters.stacks import Stack
from cli.command import command
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
from cli.deploy.stacks import dead_letters, find_stacks
from cli.errors import ExitCode
from cli.session import Session

_ROOT = Path(__file__).resolve().parents[2]
_JSON = '{"regions": [{"region", "stackName", "graphqlUrl", "realtimeUrl"}]}, those there are then'

Wanted = Annotated[
    list[str] | None, typer.Argument(metavar="[REGION]...", help="All regions of the deployment.")
]
One = Annotated[str, typer.Argument(metavar="REGION", help="The region, e.g. eu-west-1.")]
DeploymentName = Annotated[
    str,
    typer.Option(
        "--deployment", metavar="NAME", help="The deployment's name. Several can share an account."
    ),
]
Parameter = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        metavar="NAME=VALUE",
        help="A parameter of template.yaml, for all regions; REGION:NAME=VALUE for one. Repeat it "
        "for more. Parameters that you do not give keep their values.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the commands to the app."""
    for function, examples, asks in (
        (
            deploy,
            [
                "globalws deploy us-west-2 ap-southeast-2",
                "globalws deploy --parameter LogRetentionDays=30",
            ],
            False,
        ),
        (add_region, ["globalws add-region eu-west-1"], False),
        (remove_region, ["globalws remove-region eu-west-1 --yes"], True),
        (destroy, ["globalws destroy us-west-2 ap-southeast-2 --deployment staging"], True),
    ):
        name = function.__name__.replace("_", "-")
        command(app, name, examples=examples, json_shape=_JSON, asks=asks, on_target=False)(
            function
        )


def deploy(
    session: Session,
    regions: Wanted = None,
    deployment: DeploymentName = "globalws",
    parameter: Parameter = None,
) -> ExitCode:
    """Create or update a deployment in AWS; without regions, update those that it has.

    Builds and deploys with the SAM CLI. A new region is created first, and the others send to it
    only when it is there. If a step fails, repeat the command: it continues from there. With
    AWS_ENDPOINT_URL it is a rehearsal in an emulated AWS.
    """
    run = _Run.begin(session, deployment, regions or (), parameter or ())
    return run.carry_out(deploy_plan(run.wanted, run.existing_buses))


def add_region(
    session: Session,
    region: One,
    deployment: DeploymentName = "globalws",
    parameter: Parameter = None,
) -> ExitCode:
    """Add a region to a deployment in AWS, and tell the others to send to it.

    The new region takes its parameters from one of the others, but not those that differ between
    regions, such as AlarmTopicArn.
    """
    run = _Run.begin(session, deployment, [region], parameter or ())
    return run.carry_out(add_plan(region, run.existing_buses))


def remove_region(
    session: Session, region: One, deployment: DeploymentName = "globalws"
) -> ExitCode:
    """Tell the other regions to stop sending to a region, then delete it from AWS.

    It is refused while the region holds dead letters. Its audit records stay in their table. If
    the region does not answer, the others stop sending to it; repeat the command once it answers.
    """
    run = _Run.begin(session, deployment, [region], may_be_down=region)
    peers = {peer for stack in run.existing.values() for peer in stack.peers}
    plan = remove_plan(region, run.existing_buses, peers)
    stack = run.existing.get(region)
    if stack is None:
        why = f"{region} does not answer, or has no stack any more"
        code = run.carry_out(plan, f"{why}. Tell the other regions to stop sending to it?")
        session.output.note(f"{why}. If it has one, repeat the command once the region answers")
        return code
    held = dead_letters(stack)
    if held:
        raise DeployError(
            f"{stack.name} holds {held} dead letters: `globalws dlq redrive`, or drop them first"
        )
    return run.carry_out(plan, f"Delete {stack.name} and all it holds but the audit records?")


def destroy(
    session: Session, regions: Wanted = None, deployment: DeploymentName = "globalws"
) -> ExitCode:
    """Delete a deployment from AWS with everything that it holds, but not its audit records."""
    run = _Run.begin(session, deployment, regions or ())
    names = ", ".join(stack.name for stack in run.existing.values())
    return run.carry_out(
        destroy_plan(run.wanted, tuple(run.existing)),
        f"Delete {names} and all they hold but the audit records?",
    )


@dataclass(frozen=True)
class _Run:
    """A deployment as it was found, and how it is changed.

    Attributes:
        wanted: the regions that the operator named.
        places: the regions to look for stacks in.
        existing: the stacks found, by region.
        may_be_down: the region that need not answer, as it is being removed.
    """

    session: Session
    deployment: str
    wanted: tuple[str, ...]
    places: tuple[str, ...]
    config: SamConfig
    parameters: Parameters
    existing: dict[str, Stack]
    may_be_down: str | None = None

    @classmethod
    def begin(
        cls,
        session: Session,
        deployment: str,
        regions: Sequence[str],
        parameters: Sequence[str] = (),
        may_be_down: str | None = None,
    ) -> "_Run":
        """Reads what was asked for and what there is. Raises CliError."""
        checked_deployment(deployment)
        wanted = checked_regions(regions)
        config = SamConfig.read(_ROOT / "samconfig.toml")
        own = [
            os.environ[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if name in os.environ
        ]
        places = checked_regions([*wanted, *own, *config.regions])
        parsed = Parameters.parse(parameters)
        existing = find_stacks(deployment, places, may_be_down)
        endpoint = emulated_aws(places[0])
        if endpoint is not None:
            check_unserved(endpoint, existing)
            parsed = rehearsed(parsed)
            session.output.note(
                f"rehearsal in the AWS at {endpoint}: nothing serves its API, `make run` does"
            )
        return cls(session, deployment, wanted, places, config, parsed, existing, may_be_down)

    @property
    def existing_buses(self) -> tuple[str, ...]:
        """The regions that have a bus."""
        return tuple(
            region for region, stack in self.existing.items() if not stack.was_never_created
        )

    def carry_out(self, plan: Plan, question: str = "") -> ExitCode:
        """Carries out the plan, if the operator answers yes, and prints what there is then."""
        steps = [step for stage in plan for step in stage]
        self.parameters.check([step.region for step in steps if isinstance(step, Deploy)])
        if not steps:
            self._say("nothing is there")
        elif question:
            self.session.confirm(question, "--yes, or YES=1 for make")
        (_ROOT / ".aws-sam").mkdir(exist_ok=True)
        with TemporaryDirectory(prefix="deploy-", dir=_ROOT / ".aws-sam") as built:
            sam = Sam(_ROOT, Path(built), os.environ)
            runner = Runner(
                self.deployment, sam, self.config, self.parameters, self.existing, self._say
            )
            runner.run(plan)
        self._show(find_stacks(self.deployment, self.places, self.may_be_down))
        return ExitCode.OK

    @property
    def _say(self) -> Callable[[str], None]:
        return self.session.output.notes

    def _show(self, found: dict[str, Stack]) -> None:
        urls = ("GraphQLUrl", "RealtimeUrl")
        rows = [(r, s.name, *(s.outputs.get(url, "") for url in urls)) for r, s in found.items()]
        if self.session.output.as_json:
            keys = ("region", "stackName", "graphqlUrl", "realtimeUrl")
            document = {"regions": [dict(zip(keys, row, strict=True)) for row in rows]}
            self.session.output.document(document)
        elif rows:
            self.session.output.table(("region", "stack", "GraphQL URL", "real-time URL"), rows)
        for region, stack in found.items():
            named = self.config.peers(region)
            if region in self.config.regions and named != set(stack.peers):
                self._say(
                    f"note: samconfig.toml has PeerRegions={','.join(sorted(named))} for {region}; "
                    f"before you use sam deploy by itself: {','.join(stack.peers)}"
                )
