"""The dead-letter queues of a deployment, and what may be redriven where."""

from collections.abc import Sequence

from cli.adapters.events import put_event
from cli.adapters.functions import Invoked, invoke
from cli.adapters.queues import DeadLetterQueue
from cli.adapters.stacks import function_names
from cli.domain.dead_letters import Home, InvokeFunction, PutOnPeerBus, Queue, Reading
from cli.errors import CliError
from cli.targets.target import Region, Target

OUTPUT = {Queue.BUS: "BusDeadLetterQueueUrl", Queue.FUNCTION: "FunctionDeadLetterQueueUrl"}
"""The outputs of a stack that name its queues."""


class Choice:
    """Which dead letters a command is about.

    Args:
        ids: their message ids, or the beginnings of these; none for all.
        channel: only those of this channel; None for all.
    """

    def __init__(self, ids: Sequence[str] = (), channel: str | None = None) -> None:
        self._ids = ids
        self._channel = channel
        self._met: set[str] = set()

    def wants(self, reading: Reading) -> bool:
        """Whether this is one of them."""
        named = [each for each in self._ids if reading.dead_letter.message_id.startswith(each)]
        if self._ids and not named:
            return False
        if self._channel is not None and reading.detail.get("name") != self._channel:
            return False
        self._met.update(named)
        return True

    @property
    def missing(self) -> list[str]:
        """The ids that no dead letter had until now."""
        return [each for each in self._ids if each not in self._met]


def queue_of(region: Region, kind: Queue) -> DeadLetterQueue:
    """A dead-letter queue of the region. Raises CliError."""
    return DeadLetterQueue(region.clients, kind, region.output(OUTPUT[kind]))


def home_of(region: Region, target: Target) -> Home:
    """What the region's dead letters may be redriven to. Raises CliError."""
    functions = {
        value for key, value in region.outputs().items() if key.endswith("FunctionName") and value
    }
    try:
        functions |= function_names(region.clients, region.stack_name)
    except CliError:
        if not functions:
            raise
    return Home(
        bus_arn=region.output("EventBusArn"),
        functions=frozenset(functions),
        regions=frozenset(each.name for each in target.all_regions),
    )


def hand_over(
    destination: InvokeFunction | PutOnPeerBus, region: Region, target: Target, *, wait: bool
) -> Invoked:
    """Sends a dead letter of `region` to its destination. Raises CliError if it is refused."""
    if isinstance(destination, InvokeFunction):
        name, qualifier = destination.name, destination.qualifier
        return invoke(region.clients, name, qualifier, destination.payload, wait=wait)
    peer = next(each for each in target.all_regions if each.name == destination.region)
    put_event(
        peer.clients,
        destination.bus_arn,
        destination.detail_type,
        destination.detail,
        time=destination.time,
    )
    return Invoked("put on the bus")
