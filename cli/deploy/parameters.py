"""The template's parameters as `--parameter` gives them: for all regions, or for one. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from globalws_functions.domain.channel_rules import allowed_channels_problem

from cli.deploy.errors import DeployError

_GIVEN = re.compile(
    r"(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9]):)?(?P<name>[A-Za-z0-9]+)=(?P<value>.*)"
)
_TOPIC = "AlarmTopicArn"


@dataclass(frozen=True)
class Parameters:
    """Parameters for all regions, and those of one region, which win."""

    common: Mapping[str, str] = field(default_factory=dict)
    regional: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Iterable[str]) -> "Parameters":
        """Reads `NAME=VALUE` and `REGION:NAME=VALUE`.

        Raises:
            DeployError: one is neither.
        """
        common: dict[str, str] = {}
        regional: dict[str, dict[str, str]] = {}
        for each in given:
            match = _GIVEN.fullmatch(each)
            if match is None:
                raise DeployError(f"--parameter {each!r}: NAME=VALUE, or REGION:NAME=VALUE")
            region, name, value = match.group("region", "name", "value")
            (common if region is None else regional.setdefault(region, {}))[name] = value
        return cls(common, regional)

    def of(self, region: str) -> dict[str, str]:
        """Those of a region."""
        return {**self.common, **self.regional.get(region, {})}

    def check(self, regions: Sequence[str]) -> None:
        """Refuses what CloudFormation would refuse only after minutes, or not at all.

        Args:
            regions: those that are deployed.

        Raises:
            DeployError: a parameter is for a region that is not deployed, AllowedChannels cannot
                be read, or an SNS topic is in another region than its alarms.
        """
        for region, named in self.regional.items():
            if region not in regions:
                raise DeployError(
                    f"{region}:{next(iter(named))} is for a region that is not deployed"
                )
        for region in regions:
            problem = allowed_channels_problem(self.of(region).get("AllowedChannels", ""))
            if problem:
                raise DeployError(f"{region}: {problem}")
            topic = self.of(region).get(_TOPIC, "")
            if topic and topic.split(":")[3:4] != [region]:
                raise DeployError(
                    f"alarms of {region} cannot tell {topic}: SNS topics are regional. "
                    f"{region}:{_TOPIC}=arn:aws:sns:{region}:…"
                )
