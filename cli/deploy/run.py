"""Carries out a plan, stage by stage."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cli.adapters.stacks import Stack
from cli.deploy.errors import DeployError
from cli.deploy.parameters import Parameters
from cli.deploy.plan import Delete, Deploy, Plan, Step
from cli.deploy.sam import Sam
from cli.deploy.samconfig import SamConfig
from cli.deploy.stacks import audit_table_left, delete_left_log_groups, find_stacks, stack_name
from cli.errors import CliError

Report = Callable[[str], None]
# Parameters that differ between a deployment's regions: quotas are a region's own, so their
# alarms' thresholds are. All others are alike in all of them.
_REGIONAL = frozenset(
    {
        *("PeerRegions", "ApiUrlOverride", "AlarmTopicArn", "RequestTokensThreshold"),
        *("OutboundMessagesThreshold", "PutEventsThreshold", "InvocationsThreshold"),
        "ConcurrencyThreshold",
    }
)


@dataclass(frozen=True)
class Runner:
    """Where and how steps are carried out.

    Attributes:
        parameters: of the template; they win over samconfig.toml's, and those over what a new
            region takes over from its peers. What none names stays as it was in one that exists.
        existing: the stacks that were there before.
    """

    deployment: str
    sam: Sam
    config: SamConfig
    parameters: Parameters
    existing: Mapping[str, Stack]
    report: Report

    def run(self, plan: Plan) -> None:
        """All stages; the steps of a stage at once.

        Raises:
            DeployError: of all steps that failed. Repeating the command goes on from there.
        """
        if any(isinstance(step, Deploy) for stage in plan for step in stage):
            self.report("sam build")
            note = self.sam.build(self.parameters.common.get("PythonRuntime"))
            if note:
                self.report(note)
        for stage in plan:
            with ThreadPoolExecutor(max_workers=len(stage)) as pool:
                outcomes = list(pool.map(self._try, stage))
            problems = [str(error) for error in outcomes if error is not None]
            if problems:
                raise DeployError("\n".join(problems))

    def _try(self, step: Step) -> CliError | None:
        try:
            match step:
                case Deploy(region, peers):
                    self._deploy(region, peers)
                case Delete(region):
                    self._delete(region)
        except CliError as error:
            return error
        return None

    def _deploy(self, region: str, peers: tuple[str, ...]) -> None:
        name = stack_name(self.deployment, region)
        known = self.existing.get(region)
        if known is not None and known.was_never_created:
            self.report(f"{region}: deleting {name}, whose creation failed")
            self.sam.delete(region, name, self.deployment)
            known = None
        self.report(f"{region}: deploying {name}, peers: {', '.join(peers) or 'none'}")
        self.sam.deploy(
            region,
            self.config.options(region, name, self.deployment),
            {
                **({} if known is not None else self._of_a_peer(peers)),
                **self.config.overrides(region),
                **self.parameters.of(region),
                "Deployment": self.deployment,
                "PeerRegions": ",".join(peers),
            },
        )
        self.report(f"{region}: deployed")

    def _of_a_peer(self, peers: tuple[str, ...]) -> dict[str, str]:
        """What a new region takes over from those that exist: channels, retention, keys, …"""
        for stack in (self.existing[peer] for peer in peers if peer in self.existing):
            return {k: v for k, v in stack.parameters.items() if k not in _REGIONAL}
        return {}

    def _delete(self, region: str) -> None:
        stack = self.existing[region]
        self.report(f"{region}: deleting {stack.name}")
        self.sam.delete(region, stack.name, self.deployment)
        if find_stacks(self.deployment, [region]):
            raise DeployError(f"{region}: {stack.name} is still there; see CloudFormation's events")
        delete_left_log_groups(stack)
        self.report(f"{region}: gone")
        table = audit_table_left(stack)
        if table is not None:
            at = f"--region {region} --table-name {table}"
            self.report(
                f"{region}: the audit records are kept, in the table {table}; to delete them:\n"
                f"    aws dynamodb update-table {at} --no-deletion-protection-enabled\n"
                f"    aws dynamodb delete-table {at}"
            )
