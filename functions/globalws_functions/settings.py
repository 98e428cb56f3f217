"""The functions' settings, parsed once from the environment that template.yaml gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from globalws_functions.domain.channel_rules import Rule, deployed_by_pattern


class SettingsError(Exception):
    """A variable that template.yaml sets is missing or unusable; the function must not start."""


def required(environment: Mapping[str, str], name: str) -> str:
    """The variable's value.

    Raises:
        SettingsError: it is unset or empty.
    """
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"environment variable {name} is not set (see template.yaml)")
    return value


def number(environment: Mapping[str, str], name: str) -> float:
    """The variable's value, a number above 0.

    Raises:
        SettingsError: it is unset or something else.
    """
    text = required(environment, name)
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise SettingsError(f"environment variable {name} is no number above 0: {text!r}")
    return value


def present(environment: Mapping[str, str], name: str) -> str:
    """The variable's value, which may be empty.

    Raises:
        SettingsError: it is unset.
    """
    if name not in environment:
        raise SettingsError(f"environment variable {name} is not set (see template.yaml)")
    return environment[name]


def listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The variable's values, with commas between. An empty variable is an empty list.

    Raises:
        SettingsError: it is unset.
    """
    return tuple(each for each in present(environment, name).split(",") if each)


@dataclass(frozen=True)
class ReplaySettings:
    """What the Replay function needs."""

    graphql_url: str
    region: str
    dead_letter_queue_url: str
    function_name: str

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "ReplaySettings":
        """Raises SettingsError naming the first variable that is missing."""
        return cls(
            graphql_url=required(environment, "GRAPHQL_URL"),
            region=required(environment, "AWS_REGION"),
            dead_letter_queue_url=required(environment, "DEAD_LETTER_QUEUE_URL"),
            function_name=required(environment, "AWS_LAMBDA_FUNCTION_NAME"),
        )


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
        )


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
