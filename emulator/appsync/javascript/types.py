"""What goes into an evaluation of resolver code and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from emulator.json_text import encode


class ResolverCodeError(Exception):
    """Resolver code that APPSYNC_JS would not accept, refused at load.

    `line` and `column` count from 1; `rule` names what was broken (e.g. `no-try`).
    """

    def __init__(
        self, file: str, line: int, column: int, message: str, rule: str = "syntax"
    ) -> None:
        super().__init__(f"{file}:{line}:{column}: {message}")
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.rule = rule


@dataclass(frozen=True)
class ResolverError:
    """One error as AppSync puts it into a GraphQL response.

    `type`, `data` and `info` become `errorType`, `data` and `errorInfo`. `location` is set for
    errors that the code did not raise itself: `file:line` of the resolver. `util.error()` has no
    message.
    """

    message: str | None
    type: str | None = None
    data: Any = None
    info: Any = None
    location: str | None = None


def _request() -> dict[str, Any]:
    return {"headers": {}, "domainName": None}


def _info() -> dict[str, Any]:
    return {
        "fieldName": "",
        "parentTypeName": "",
        "variables": {},
        "selectionSetList": [],
        "selectionSetGraphQL": "",
    }


@dataclass
class Context:
    """AppSync's `ctx`, without `env`, which belongs to the API and is given to `load`.

    All values are JSON-like. `prev` is None or `{"result": …}`; `error` is None or
    `{"message", "type"}`. Between evaluations members may be replaced, but not changed inside:
    each is turned into JSON once, for all evaluations that see it.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    identity: dict[str, Any] | None = None
    source: Any = None
    stash: dict[str, Any] = field(default_factory=dict)
    prev: Mapping[str, Any] | None = None
    result: Any = None
    error: Mapping[str, Any] | None = None
    request: dict[str, Any] = field(default_factory=_request)
    info: dict[str, Any] = field(default_factory=_info)
    _texts: dict[str, tuple[Any, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def texts(self) -> list[str | None]:
        """The members as JSON, in the order of their declaration; None for null."""
        known = self._texts
        texts: list[str | None] = []
        for name in MEMBERS:
            value = getattr(self, name)
            if value is None:
                texts.append(None)
                continue
            entry = known.get(name)
            if entry is None or entry[0] is not value:
                entry = known[name] = (value, encode(value))
            texts.append(entry[1])
        return texts

    def remember(self, name: str, value: Any, text: str) -> None:
        """Take `text` for the JSON of `value`, should that become the member `name`."""
        self._texts[name] = (value, text)


MEMBERS = tuple(one.name for one in fields(Context) if one.init)


@dataclass(frozen=True)
class Evaluation:
    """The outcome of one call of `request` or `response`.

    `error` is set if the evaluation was ended by `util.error`, `util.unauthorized` or a failure of
    the code; `result` is then None. Filters have the shape
    `{"filterGroup": [{"filters": [{"fieldName", "operator", "value"}]}]}`, invalidations
    `{"subscriptionField", "payload"}`. `skip_to` is set if `runtime.earlyReturn` asked for it.
    """

    result: Any = None
    stash: dict[str, Any] = field(default_factory=dict)
    early_return: bool = False
    error: ResolverError | None = None
    appended_errors: tuple[ResolverError, ...] = ()
    subscription_filter: dict[str, Any] | None = None
    invalidation_filter: dict[str, Any] | None = None
    invalidations: tuple[dict[str, Any], ...] = ()
    skip_to: Literal["END", "NEXT"] | None = None
