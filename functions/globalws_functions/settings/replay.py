"""Settings of the Replay and the Publish function."""

from collections.abc import Mapping
from dataclasses import dataclass

from globalws_functions.settings.environment import required


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
