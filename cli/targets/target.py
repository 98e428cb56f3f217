"""A deployment as the commands see it: its regions, their endpoints and stack outputs."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cli.adapters.clients import Clients
from cli.adapters.stacks import Stack
from cli.errors import CliError, UnreachableError, UsageError

Outputs = Mapping[str, str]


class Kind(StrEnum):
    """Where the deployment runs."""

    LOCAL = "local"
    AWS = "aws"


@dataclass(frozen=True)
class Endpoints:
    """What a client needs of a region; `api_key` is empty where none is accepted."""

    graphql_url: str
    realtime_url: str
    api_key: str


class Region:
    """One region. Its stack is read when first asked for, and at most once."""

    def __init__(
        self,
        name: str,
        stack_name: str,
        clients: Clients,
        read_stack: Callable[[], Stack],
    ) -> None:
        self.name = name
        self.stack_name = stack_name
        self.clients = clients
        self._read_stack = read_stack
        self._stack: Stack | CliError | None = None
        self._lock = threading.Lock()

    def stack(self) -> Stack:
        """The deployed stack.

        Raises:
            CliError: there is no such stack, or it could not be read.
        """
        with self._lock:
            if self._stack is None:
                try:
                    self._stack = self._read_stack()
                except CliError as error:
                    self._stack = error
            if isinstance(self._stack, CliError):
                raise self._stack
            return self._stack

    def outputs(self) -> Outputs:
        """The stack's outputs. Raises CliError as `stack` does."""
        return self.stack().outputs

    def output(self, key: str) -> str:
        """One output of the stack.

        Raises:
            CliError: the stack has none of that name.
        """
        value = self.outputs().get(key)
        if not value:
            raise CliError(
                f"stack {self.stack_name} in {self.name} has no output {key}: "
                "deploy the current template, then try again"
            )
        return value

    def endpoints(self) -> Endpoints:
        """Where clients reach the region's API. Raises CliError as `output` does."""
        return Endpoints(
            self.output("GraphQLUrl"), self.output("RealtimeUrl"), self.outputs().get("ApiKey", "")
        )


@dataclass(frozen=True)
class Target:
    """A deployment: all of its regions, and those that the operator selected (--region)."""

    kind: Kind
    description: str
    all_regions: tuple[Region, ...]
    selected: tuple[Region, ...]

    @classmethod
    def select(
        cls, kind: Kind, description: str, regions: Sequence[Region], names: Sequence[str]
    ) -> "Target":
        """Selects the regions of those names, in that order; all of them if none is named.

        Raises:
            UnreachableError: the deployment has no region at all.
            UsageError: it has no region of a given name.
        """
        if not regions:
            raise UnreachableError(f"{description} has no region: is it up?")
        by_name = {region.name: region for region in regions}
        for name in names:
            if name not in by_name:
                raise UsageError(
                    f"--region {name}: the deployment has {', '.join(by_name)}; name one of them"
                )
        chosen = tuple(by_name[name] for name in dict.fromkeys(names)) or tuple(regions)
        return cls(kind, description, tuple(regions), chosen)
