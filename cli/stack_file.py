"""`.local/stack.json`: what runs where, for tests, the command line and other tools."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from globalws_functions.domain.json_text import read_json


class StackFileError(Exception):
    """There is no readable stack file; the message says how to get one."""


@dataclass(frozen=True)
class RunningRegion:
    """One region of the running stack; the fields are the file's keys. `apiKey` may be empty."""

    region: str
    graphqlUrl: str  # noqa: N815 - the file's own names
    realtimeUrl: str  # noqa: N815
    apiKey: str  # noqa: N815
    stackName: str  # noqa: N815
    eventBusName: str  # noqa: N815
    eventsUrl: str  # noqa: N815
    pid: int


@dataclass(frozen=True)
class RunningStack:
    """The running stack."""

    regions: tuple[RunningRegion, ...]
    awsEndpointUrl: str  # noqa: N815
    accessKeyId: str  # noqa: N815
    secretAccessKey: str  # noqa: N815
    clientUrl: str | None = None  # noqa: N815
    issuerUrl: str | None = None  # noqa: N815 - of the local issuer of tokens

    def region(self, name: str) -> RunningRegion:
        """The region of that name; KeyError if it does not run."""
        return {each.region: each for each in self.regions}[name]

    def write(self, path: Path) -> None:
        """Replaces the file in one step, so that no reader sees half of it."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        os.replace(draft, path)

    @classmethod
    def read(cls, path: Path) -> "RunningStack":
        """Raises StackFileError if the stack does not run or the file is damaged."""
        try:
            document: Any = read_json(path.read_bytes())
            if not isinstance(document, dict):
                raise TypeError("not an object")
            regions = tuple(RunningRegion(**each) for each in document.pop("regions"))
            return cls(regions=regions, **document)
        except FileNotFoundError:
            raise StackFileError(f"{path} is not there: start the stack with `make up`") from None
        except (ValueError, KeyError, TypeError) as error:
            raise StackFileError(f"{path} is damaged ({error}): restart the stack") from error
