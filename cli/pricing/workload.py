"""What is asked of a deployment."""

from dataclasses import dataclass

SECONDS_A_MONTH = 30 * 86_400
MINUTES_A_MONTH = 30 * 1_440
# Regions in which AWS's own EventBridge quotas are the large ones.
LARGE = frozenset({"us-east-1", "us-west-2", "eu-west-1"})


@dataclass(frozen=True)
class Workload:
    """A steady load. Publishes are spread evenly over the regions.

    `size` is a message's text in bytes; `subscribers` is how many of each region's clients get a
    message; `connections` is how many clients each region has, connected all the time. `presence`
    is how many of each region's clients say that they are present, in channels of
    `presence_in_channel` members, those of the other regions included.
    """

    publishes_per_second: float
    regions: tuple[str, ...] = ("us-west-2", "ap-southeast-2")
    size: int = 300
    subscribers: int = 100
    connections: int = 1_000
    channels: int = 5
    presence: int = 0
    presence_in_channel: int = 20

    @property
    def peers(self) -> int:
        """How many other regions each message goes to."""
        return len(self.regions) - 1

    @property
    def deliveries(self) -> int:
        """How many clients of all regions a message goes to."""
        return self.subscribers * len(self.regions)

    @property
    def publishes_per_month(self) -> float:
        """Messages a month."""
        return self.publishes_per_second * SECONDS_A_MONTH

    @property
    def per_region(self) -> float:
        """Publishes a second that begin in each region."""
        return self.publishes_per_second / len(self.regions)
