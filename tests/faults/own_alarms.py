"""What the regions' alarms watch, from a test's own start on.

All tests have one stack, and an alarm's period still has what the test before did.
"""

import asyncio
import time
from typing import Any

from cli.stack_file import RunningRegion
from tests.faults.campaign import Campaign
from tests.support.aws import aws_client
from tests.support.waiting import until

_SECONDS = 45.0


class OwnAlarms:
    """Reads metrics by the alarms' definitions; what happened before `begin` does not count."""

    def __init__(self, run: Campaign) -> None:
        self._run = run
        self._since = 0
        self._names: dict[str, dict[str, str]] = {}

    async def begin(self) -> None:
        """Have what was counted until now put into CloudWatch, and count from then on."""
        for region in self._run.stack.running.regions:
            await self.shown(region)
            self._names[region.region] = await asyncio.to_thread(self._read_names, region)
        # Some metrics' times are in whole seconds.
        self._since = int(time.time()) + 1

        async def has_come() -> bool:
            return time.time() >= self._since

        await until(has_come, 5.0, "the clock stands still")

    async def shown(self, region: RunningRegion) -> list[dict[str, Any]]:
        """The alarms as the region's process shows them, which puts what is new first."""
        url = f"{self._run.region(region.region).eventsUrl}/_local/alarms"
        async with self._run.session.get(url) as response:
            found: list[dict[str, Any]] = (await response.json())["alarms"]
            return found

    async def values(self, region: RunningRegion, name: str) -> list[float]:
        """Of each of the alarm's periods that has data since the test began."""
        await self.shown(region)
        return await asyncio.to_thread(self._read, region, name)

    async def threshold(self, region: RunningRegion, name: str) -> float:
        """What the alarm's metric must pass."""
        alarm = await asyncio.to_thread(self._definition, region, name)
        return float(alarm["Threshold"])

    async def moves(self, region: RunningRegion, name: str) -> None:
        """Wait until the alarm's metric passes its threshold."""
        threshold = await self.threshold(region, name)

        async def is_over() -> bool:
            return any(value > threshold for value in await self.values(region, name))

        await until(is_over, _SECONDS, f"{name} did not move")

    async def known(self, region: RunningRegion, name: str) -> float:
        """The lowest value, once there is one."""

        async def is_known() -> bool:
            return bool(await self.values(region, name))

        await until(is_known, _SECONDS, f"{name} has no value")
        return min(await self.values(region, name))

    async def are_quiet(self, region: RunningRegion, *names: str) -> None:
        """Fail if one of the alarms' metrics has moved."""
        for name in names:
            assert not any(await self.values(region, name)), name

    def _read_names(self, region: RunningRegion) -> dict[str, str]:
        client = aws_client(self._run.stack.running, region.region, "cloudformation")
        found = client.describe_stack_resources(StackName=region.stackName)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def _definition(self, region: RunningRegion, name: str) -> dict[str, Any]:
        client = aws_client(self._run.stack.running, region.region, "cloudwatch")
        alarm_name = self._names[region.region][name]
        [found] = client.describe_alarms(AlarmNames=[alarm_name])["MetricAlarms"]
        return dict(found)

    def _read(self, region: RunningRegion, name: str) -> list[float]:
        alarm = self._definition(region, name)
        extended = alarm.get("ExtendedStatistic")
        statistic = extended or alarm["Statistic"]
        client = aws_client(self._run.stack.running, region.region, "cloudwatch")
        data = client.get_metric_statistics(
            Namespace=alarm["Namespace"],
            MetricName=alarm["MetricName"],
            Dimensions=alarm["Dimensions"],
            StartTime=self._since,
            EndTime=int(time.time()) + 1,
            Period=alarm["Period"],
            **{"ExtendedStatistics" if extended else "Statistics": [statistic]},
        )["Datapoints"]
        return [(each["ExtendedStatistics"] if extended else each)[statistic] for each in data]
