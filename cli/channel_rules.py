"""The rules of channels and the users of a region, as its stack and its table have them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from globalws_functions.domain.channel import user_key
from globalws_functions.domain.channel_patterns import covering
from globalws_functions.domain.channel_rules import Rule, deployed_rules, matching

from cli.adapters.tables import all_channel_items, channel_items
from cli.domain.access import User, operators_rule
from cli.regions import Answer
from cli.targets.target import Region

T = TypeVar("T")
_PARAMETER = "AllowedChannels"


@dataclass(frozen=True)
class Found:
    """What a region has: its rules, those users that were asked for, and the tables' items."""

    rules: Sequence[Rule]
    users: Sequence[User]
    items: Mapping[str, Mapping[str, Any]]


def read_rules(region: Region, patterns: Sequence[str], user: str | None = None) -> Found:
    """The rules of these patterns, and the user of that id. Raises CliError."""
    keys = [*patterns, *([] if user is None else [user_key(user)])]
    return _found(region, channel_items(region.clients, _table(region), keys))


def read_all_rules(region: Region) -> Found:
    """All rules and users of a region. Raises CliError."""
    return _found(region, all_channel_items(region.clients, _table(region)))


def openness(region: Region, pattern: str) -> str:
    """Whether a channel, or a pattern as a whole, is open now, in a few words. Raises CliError."""
    patterns = covering(pattern, any_user=True)
    found = matching(patterns, read_rules(region, patterns).rules)
    is_open = bool(found) and all(rule.allowed for rule in found)
    return f"{pattern} is {'allowed' if is_open else 'not allowed'} now"


def merged(
    kind: str, answers: Sequence[Answer[T]], rows: Callable[[T], Mapping[str, Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """What regions have under the same name, side by side, and whether they agree, by name.

    Args:
        kind: what the name is called in the rows.
        rows: a region's fields by name. Regions agree whose fields but `reason` and `updatedAt`
            are alike.
    """
    by_name: dict[str, dict[str, Any]] = {}
    answered = [answer.region for answer in answers if answer.value is not None]
    for answer in answers:
        if answer.value is not None:
            for name, fields in rows(answer.value).items():
                by_name.setdefault(name, {})[answer.region] = dict(fields)

    def essence(fields: Mapping[str, Any] | None) -> str:
        shown = {k: v for k, v in (fields or {}).items() if k not in ("reason", "updatedAt")}
        return repr(sorted(shown.items()))

    return [
        {
            kind: name,
            "agreed": len({essence(regions.get(region)) for region in answered}) == 1,
            "regions": regions,
        }
        for name, regions in sorted(by_name.items())
    ]


def _found(region: Region, items: Sequence[Mapping[str, Any]]) -> Found:
    deployed = deployed_rules(region.stack().parameters.get(_PARAMETER, ""))
    operators = filter(None, map(operators_rule, items))
    users = filter(None, map(User.parse, items))
    return Found([*deployed, *operators], list(users), {str(each["name"]): each for each in items})


def _table(region: Region) -> str:
    return region.output("ChannelsTableName")
