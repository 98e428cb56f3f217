"""Settings of the janitor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from globalws_functions.domain.channel_rules import Rule, deployed_by_pattern
from globalws_functions.settings.environment import listed, number, present, required


@dataclass(frozen=True)
class JanitorSettings:
    """What the janitor needs."""

    graphql_url: str
    region: str
    channels_table: str
    audit_table: str
    audit_retention: timedelta
    deployed: Mapping[str, Rule]
    grace: timedelta
    invalidations_per_second: float
    api_id: str
    api_key_ids: tuple[str, ...]
    ends_expired: bool
    has_presence: bool
    leases_table: str
    members_table: str

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "JanitorSettings":
        """Raises SettingsError naming the first variable that is missing or no number."""
        return cls(
            graphql_url=required(environment, "GRAPHQL_URL"),
            region=required(environment, "AWS_REGION"),
            channels_table=required(environment, "CHANNELS_TABLE"),
            audit_table=required(environment, "AUDIT_TABLE"),
            audit_retention=timedelta(days=number(environment, "AUDIT_RETENTION_DAYS")),
            deployed=deployed_by_pattern(present(environment, "ALLOWED_CHANNELS")),
            grace=timedelta(minutes=number(environment, "CLOSING_GRACE_MINUTES")),
            invalidations_per_second=number(environment, "INVALIDATIONS_PER_SECOND"),
            api_id=required(environment, "API_ID"),
            api_key_ids=listed(environment, "API_KEY_IDS"),
            ends_expired=required(environment, "END_AT_TOKEN_EXPIRY") == "true",
            has_presence=required(environment, "PRESENCE") == "on",
            leases_table=required(environment, "LEASES_TABLE"),
            members_table=required(environment, "MEMBERS_TABLE"),
        )
