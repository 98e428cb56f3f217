"""The plan of each of the soak's processes: a JSON file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from globalws_client import RegionEndpoint


@dataclass(frozen=True)
class Endpoint:
    """A region's API, through the process's proxy if it has one."""

    region: str
    graphql_url: str
    realtime_url: str
    api_key: str

    def as_region(self) -> RegionEndpoint:
        """The same for the SDK."""
        return RegionEndpoint(**asdict(self))


@dataclass(frozen=True)
class SubscriberPlan:
    """A process with one subscription for each channel; `folder` is where it keeps its inboxes.

    `endpoints` are in order of preference; it receives what is newer than the id `after`.
    """

    name: str
    folder: str
    channels: tuple[str, ...]
    after: str
    endpoints: tuple[Endpoint, ...]

    def inbox(self, channel: str) -> Path:
        """The database of one of its subscriptions."""
        return Path(self.folder) / f"{self.name}-{channel}.sqlite"


@dataclass(frozen=True)
class PublisherPlan:
    """A process that publishes `per_second` messages a second, to each channel in turn."""

    name: str
    folder: str
    channels: tuple[str, ...]
    per_second: float
    seed: int
    endpoints: tuple[Endpoint, ...]

    @property
    def journal(self) -> Path:
        """The file with what it intends to publish and what was accepted."""
        return Path(self.folder) / f"{self.name}.jsonl"


Plan = SubscriberPlan | PublisherPlan


def can_end_file(plan: Plan) -> Path:
    """This file exists while the process can end cleanly on SIGTERM."""
    return Path(plan.folder) / f"{plan.name}.can-end"


def write_plan(plan: Plan) -> Path:
    """Write the plan's file; return its path."""
    path = Path(plan.folder) / f"{plan.name}.plan.json"
    path.write_text(json.dumps(asdict(plan), indent=1))
    return path


def read_subscriber_plan(path: Path) -> SubscriberPlan:
    """Read a plan's file."""
    document = json.loads(path.read_text())
    endpoints = tuple(Endpoint(**each) for each in document.pop("endpoints"))
    channels = tuple(document.pop("channels"))
    return SubscriberPlan(**document, channels=channels, endpoints=endpoints)


def read_publisher_plan(path: Path) -> PublisherPlan:
    """Read a plan's file."""
    document = json.loads(path.read_text())
    endpoints = tuple(Endpoint(**each) for each in document.pop("endpoints"))
    channels = tuple(document.pop("channels"))
    return PublisherPlan(**document, channels=channels, endpoints=endpoints)
