"""Settings of the Command and the Policy function."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from globalws_functions.domain.channel_rules import Rule, deployed_by_pattern
from globalws_functions.settings.environment import number, present, required


@dataclass(frozen=True)
class PolicySettings:
    """What the Policy function needs."""

    region: str
    channels_table: str

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "PolicySettings":
        """Raises SettingsError naming the first variable that is missing."""
        return cls(
            region=required(environment, "AWS_REGION"),
            channels_table=required(environment, "CHANNELS_TABLE"),
        )


@dataclass(frozen=True)
class CommandSettings:
    """What the Command function needs; `messages_table` is empty where no message is stored.

    `deployed` has the rules of AllowedChannels by pattern.
    """

    graphql_url: str
    region: str
    dead_letter_queue_url: str
    function_name: str
    channels_table: str
    audit_table: str
    audit_retention: timedelta
    deployed: Mapping[str, Rule]
    messages_table: str

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "CommandSettings":
        """Raises SettingsError naming the first variable that is missing or no number."""
        return cls(
            graphql_url=required(environment, "GRAPHQL_URL"),
            region=required(environment, "AWS_REGION"),
            dead_letter_queue_url=required(environment, "DEAD_LETTER_QUEUE_URL"),
            function_name=required(environment, "AWS_LAMBDA_FUNCTION_NAME"),
            channels_table=required(environment, "CHANNELS_TABLE"),
            audit_table=required(environment, "AUDIT_TABLE"),
            audit_retention=timedelta(days=number(environment, "AUDIT_RETENTION_DAYS")),
            deployed=deployed_by_pattern(present(environment, "ALLOWED_CHANNELS")),
            messages_table=environment.get("MESSAGES_TABLE", ""),
        )
