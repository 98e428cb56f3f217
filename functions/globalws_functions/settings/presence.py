"""Settings of the Presence and the Sweep function."""

from collections.abc import Mapping
from dataclasses import dataclass

from globalws_functions.settings.environment import number, required


@dataclass(frozen=True)
class PresenceSettings:
    """What the Presence function needs."""

    graphql_url: str
    region: str

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "PresenceSettings":
        """Raises SettingsError naming the first variable that is missing."""
        return cls(
            graphql_url=required(environment, "GRAPHQL_URL"),
            region=required(environment, "AWS_REGION"),
        )


@dataclass(frozen=True)
class SweepSettings:
    """What the Sweep function needs; `interval` in seconds."""

    graphql_url: str
    region: str
    leases_table: str
    members_table: str
    interval: float

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "SweepSettings":
        """Raises SettingsError naming the first variable that is missing or no number."""
        return cls(
            graphql_url=required(environment, "GRAPHQL_URL"),
            region=required(environment, "AWS_REGION"),
            leases_table=required(environment, "LEASES_TABLE"),
            members_table=required(environment, "MEMBERS_TABLE"),
            interval=number(environment, "SWEEP_SECONDS"),
        )
