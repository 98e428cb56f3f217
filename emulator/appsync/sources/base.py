"""What every data source shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from ..errors import AppSyncError, ErrorType

_VERSIONS = ("2017-02-28", "2018-05-29")


@dataclass(frozen=True)
class SourceFailure:
    """`ctx.error`: what the service said."""

    type: str
    message: str


@dataclass(frozen=True)
class Answer:
    """`ctx.result` and `ctx.error` of the response handler; both may be there."""

    result: Any = None
    error: SourceFailure | None = None


class Source(Protocol):
    """One data source."""

    async def invoke(self, request: Any) -> Answer:
        """Carry out the request object of a resolver or function.

        Raises AppSyncError (`InvalidDataSourceRequest`) if the object itself is wrong: that is
        a fault of the resolver's code, which its response handler never sees.
        """
        ...


def refuse(message: str) -> NoReturn:
    """Refuse a request object."""
    raise AppSyncError(ErrorType.INVALID_SOURCE_REQUEST, message)


def check_keys(what: str, document: Mapping[str, Any], allowed: set[str]) -> None:
    """Refuse keys that this data plane does not know, by name."""
    unknown = sorted(set(document) - allowed)
    if unknown:
        refuse(f"{what}: {', '.join(unknown)} not supported.")


def read_request(what: str, value: Any) -> dict[str, Any]:
    """A request object without its `version`, which has no effect in JavaScript resolvers."""
    request = as_object(what, value)
    if request.get("version") not in (None, *_VERSIONS):
        refuse(f"{what}: the version {request['version']!r} is not one of {', '.join(_VERSIONS)}.")
    return {name: given for name, given in request.items() if name != "version"}


def as_object(what: str, value: Any) -> dict[str, Any]:
    """`value` if it is an object; refused otherwise."""
    if not isinstance(value, dict):
        refuse(f"{what} must be an object.")
    return value
