"""What the soak's processes are told, as one JSON file each."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from globalws_client import RegionEndpoint


@dataclass(frozen=True)
class Endpoint:
    """A region's API as one process reaches it."""

    region: str
    graphql_url: str
    realtime_url: str
    api_key: str

    def as_region(self) -> RegionEndpoint:
        """As the subscriber package wants it."""
        return RegionEndpoint(**asdict(self))


@dataclass(frozen=True)
class SubscriberPlan:
    """A process with one subscription for each channel; `folder` is where it keeps its inboxes.

    `endpoints` are in order of preference; `after` is an id: what is newer is to be received.
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
    """A process that publishes so many messages a second, by turns to each channel."""

    name: str
    folder: str
    channels: tuple[str, ...]
    per_second: float
    seed: int
    endpoints: tuple[Endpoint, ...]

    @property
    def journal(self) -> Path:
        """What it meant to publish, and what was accepted."""
        return Path(self.folder) / f"{self.name}.jsonl"


Plan = SubscriberPlan | PublisherPlan


def can_end_file(plan: Plan) -> Path:
    """It is there as long as the process would end well if it were told to (SIGTERM)."""
    return Path(plan.folder) / f"{plan.name}.can-end"


def write_plan(plan: Plan) -> Path:
    """Writes the plan's file and returns its path."""
    path = Path(plan.folder) / f"{plan.name}.plan.json"
    path.write_text(json.dumps(asdict(plan), indent=1))
    return path


def read_subscriber_plan(path: Path) -> SubscriberPlan:
    """Reads it back."""
    document = json.loads(path.read_text())
    endpoints = tuple(Endpoint(**each) for each in document.pop("endpoints"))
    channels = tuple(document.pop("channels"))
    return SubscriberPlan(**document, channels=channels, endpoints=endpoints)


def read_publisher_plan(path: Path) -> PublisherPlan:
    """Reads it back."""
    document = json.loads(path.read_text())
    endpoints = tuple(Endpoint(**each) for each in document.pop("endpoints"))
    channels = tuple(document.pop("channels"))
    return PublisherPlan(**document, channels=channels, endpoints=endpoints)
