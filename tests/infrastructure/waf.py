"""What AWS WAF's statements say of a request, as far as templates/waf.yaml uses them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


class UnknownStatementError(Exception):
    """templates/waf.yaml uses something of AWS WAF that is not evaluated here."""


@dataclass(frozen=True)
class Request:
    """What a client sends; header names in any case."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def part(self, field_to_match: Mapping[str, Any]) -> str | None:
        """The part that a statement inspects; None if the request has none."""
        ((kind, which),) = field_to_match.items()
        match kind:
            case "SingleHeader":
                headers = {name.lower(): value for name, value in self.headers.items()}
                return headers.get(which["Name"].lower())
            case "SingleQueryArgument":
                return parse_qs(urlsplit(self.url).query).get(which["Name"], [None])[0]
        raise UnknownStatementError(kind)


def matches(statement: Mapping[str, Any], request: Request) -> bool:
    """Whether the statement matches the request. Raises UnknownStatementError for others."""
    ((kind, rule),) = statement.items()
    if kind == "OrStatement":
        return any(matches(each, request) for each in rule["Statements"])
    found = request.part(rule["FieldToMatch"])
    if found is None:
        return False
    for each in rule["TextTransformations"]:
        found = _transformed(found, each["Type"])
    match kind, rule.get("ComparisonOperator") or rule["PositionalConstraint"]:
        case "SizeConstraintStatement", "GT":
            return len(found.encode()) > int(rule["Size"])
        case "ByteMatchStatement", "CONTAINS":
            return rule["SearchString"] in found
    raise UnknownStatementError(kind)


def _transformed(text: str, kind: str) -> str:
    match kind:
        case "NONE":
            return text
        case "LOWERCASE":
            return text.lower()
    raise UnknownStatementError(kind)
