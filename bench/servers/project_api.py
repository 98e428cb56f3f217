"""The project's own API, with services in memory that keep nothing, so that none fills up."""

from typing import Any

from emulator.appsync.engine import Engine
from emulator.appsync.options import Options
from tests.support.project_api import KEY as PROJECT_KEY
from tests.support.project_api import MemoryServices, project_engine

__all__ = ["PROJECT_KEY", "ForgetfulServices", "engine"]


class ForgetfulServices(MemoryServices):
    """A bus that takes everything, tables that are always empty."""

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """See `DataSourcePorts`."""
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in entries]}

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        """See `DataSourcePorts`."""
        return {}


def engine(options: Options | None = None) -> Engine:
    """The project's engine."""
    return project_engine(ForgetfulServices(), options)
