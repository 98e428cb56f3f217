"""The alarms of a region's stack and their states."""

from dataclasses import asdict, dataclass
from typing import Any

from cli.adapters.clients import Clients, aws_errors
from cli.adapters.logs import ask_region_process
from cli.adapters.stacks import resources

ALARM = "ALARM"
_MOST = 100  # names a call; a stack has far fewer


@dataclass(frozen=True)
class Alarm:
    """An alarm by its logical id, its state as CloudWatch names it, and why it has it."""

    name: str
    state: str
    reason: str

    def as_json(self) -> dict[str, str]:
        """For `--json`."""
        return asdict(self)


def alarms_of(clients: Clients, stack_name: str) -> list[Alarm]:
    """All alarms of the stack, by name. Raises CliError.

    The local AWS has no alarms with time and dimensions: the region's process answers instead.
    """
    if clients.access is not None:
        return [_local(each) for each in ask_region_process(clients, "alarms")["alarms"]]
    names = resources(clients, stack_name, "AWS::CloudWatch::Alarm")
    if not names:
        return []
    with aws_errors("cloudwatch", clients.region):
        found = clients.metrics.describe_alarms(AlarmNames=list(names), MaxRecords=_MOST)
    return sorted(
        (
            Alarm(names[each["AlarmName"]], each["StateValue"], each.get("StateReason", ""))
            for each in found["MetricAlarms"]
        ),
        key=lambda alarm: alarm.name,
    )


def _local(found: dict[str, Any]) -> Alarm:
    value = "no data" if found["value"] is None else f"{found['value']:g}"
    reason = f"{found['metric']}: {found['statistic']} {value}, limit {found['threshold']:g}"
    return Alarm(found["name"], found["state"], reason)
