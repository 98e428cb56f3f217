"""The functions' settings, parsed once from the environment that template.yaml gives them."""

from collections.abc import Mapping
from dataclasses import dataclass


class SettingsError(Exception):
    """A variable that template.yaml sets is missing; the function must not start without it."""


def required(environment: Mapping[str, str], name: str) -> str:
    """The variable's value.

    Raises:
        SettingsError: it is unset or empty.
    """
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"environment variable {name} is not set (see template.yaml)")
    return value


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
