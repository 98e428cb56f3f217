"""AppSync's scalar types, validated in both directions.

Values stay strings (AWSTimestamp: int); only AWSJSON differs inside: JSON text outside, the
parsed value inside.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLScalarType, GraphQLSchema

_OFFSET = r"(?:Z|[+-](?P<oh>\d{2}):(?P<om>\d{2})(?::\d{2})?)"
_TIME = r"(?P<h>\d{2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.\d{0,9})?)?"
_DATE_PATTERN = re.compile(rf"(?P<date>[+-]?\d{{4}}-\d{{2}}-\d{{2}})(?:{_OFFSET})?", re.ASCII)
_TIME_PATTERN = re.compile(rf"{_TIME}(?:{_OFFSET})?", re.ASCII)
# AppSync requires the offset here, alone among the three.
_DATETIME_PATTERN = re.compile(
    rf"(?P<date>[+-]?\d{{4}}-\d{{2}}-\d{{2}})T{_TIME}{_OFFSET}", re.ASCII
)
_WORD = r"""(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+|"(?:[^"\\\r\n]|\\.)*")"""
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
# RFC 822: words and quoted strings at a domain or at an address in brackets.
_EMAIL_PATTERN = re.compile(
    rf"(?P<local>{_WORD}(?:\.{_WORD})*)@(?P<domain>{_HOST}(?:\.{_HOST})*|\[[^\[\]\\\r\n]+\])"
)
_PHONE_PATTERN = re.compile(r"\+?[0-9(][0-9() -]{2,28}[0-9]")

_CIDR_SIZE = re.compile(r"[0-9]{1,3}")

Check = Callable[[str], bool]


def _is_time_part(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    return (
        int(groups.get("h") or 0) < 24
        and int(groups.get("m") or 0) < 60
        and int(groups.get("s") or 0) < 60
        and int(groups.get("oh") or 0) <= 18
        and int(groups.get("om") or 0) < 60
    )


def _is_date_part(match: re.Match[str]) -> bool:
    try:
        date.fromisoformat(match["date"].lstrip("+-"))
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    match = _DATE_PATTERN.fullmatch(text)
    return match is not None and _is_date_part(match) and _is_time_part(match)


def _is_time(text: str) -> bool:
    match = _TIME_PATTERN.fullmatch(text)
    return match is not None and _is_time_part(match)


def _is_datetime(text: str) -> bool:
    match = _DATETIME_PATTERN.fullmatch(text)
    return match is not None and _is_date_part(match) and _is_time_part(match)


def _is_email(text: str) -> bool:
    match = _EMAIL_PATTERN.fullmatch(text)
    return match is not None and len(match["local"]) <= 64 and len(match["domain"]) <= 255


def _is_url(text: str) -> bool:
    if not text or any(c.isspace() for c in text):
        return False
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port >= 0
    except ValueError:
        return False
    has_place = bool(parts.netloc or parts.path) and "//" not in parts.path
    return port_is_valid and bool(parts.scheme) and has_place


def _is_phone(text: str) -> bool:
    return _PHONE_PATTERN.fullmatch(text) is not None and 3 <= sum(map(str.isdigit, text)) <= 15


def _is_ip_address(text: str) -> bool:
    address, slash, size = text.partition("/")
    # Python would take a netmask and an interface's name, too.
    if "%" in address or (slash and not _CIDR_SIZE.fullmatch(size)):
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


_TEXT_SCALARS: dict[str, Check] = {
    "AWSDate": _is_date,
    "AWSTime": _is_time,
    "AWSDateTime": _is_datetime,
    "AWSEmail": _is_email,
    "AWSURL": _is_url,
    "AWSPhone": _is_phone,
    "AWSIPAddress": _is_ip_address,
}
NAMES = (*_TEXT_SCALARS, "AWSTimestamp", "AWSJSON")


def _refuse(name: str, value: Any) -> ValueError:
    shown = value if isinstance(value, str) else repr(value)
    return ValueError(f"'{shown[:100]}' is not a valid {name}.")


def _text_coercer(name: str, check: Check) -> Callable[[Any], Any]:
    def coerce(value: Any) -> str:
        if not isinstance(value, str) or not check(value):
            raise _refuse(name, value)
        return value

    return coerce


def _timestamp(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise _refuse("AWSTimestamp", value)
    return value


def _json_in(value: Any) -> Any:
    if not isinstance(value, str):
        raise _refuse("AWSJSON", value)
    try:
        return json.loads(value, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _refuse("AWSJSON", value) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _json_out(value: Any) -> str:
    if isinstance(value, str):
        _json_in(value)
        return value
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise _refuse("AWSJSON", value) from None


def install(schema: GraphQLSchema) -> None:
    """Give the AWS scalars that `schema` declares their coercion; others are left alone."""
    for name in NAMES:
        scalar = schema.type_map.get(name)
        if not isinstance(scalar, GraphQLScalarType):
            continue
        if name in _TEXT_SCALARS:
            inward = outward = _text_coercer(name, _TEXT_SCALARS[name])
        elif name == "AWSTimestamp":
            inward = outward = _timestamp
        else:
            inward, outward = _json_in, _json_out
        scalar.coerce_output_value = outward
        scalar.serialize = outward  # type: ignore[method-assign, assignment]
        scalar.coerce_input_value = inward
        scalar.parse_value = inward  # type: ignore[method-assign, assignment]
