"""Who may put what on a region's bus, as IAM reads the bus's policy."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest
from globalws_functions.domain.command import EVENTS

from tests.infrastructure.conftest import Template
from tests.infrastructure.values import Values

_COMMANDS = EVENTS
_ACCOUNT = "arn:aws:iam::123456789012:"
_OPERATOR = f"{_ACCOUNT}role/Operator"
_SSO = f"{_ACCOUNT}role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Operator_0a1b"
_SOMEBODY = f"{_ACCOUNT}role/Developer"
_OPERATORS = f"{_OPERATOR},{_ACCOUNT}role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Operator_*"


def _forward_role(template: Template, deployment: str = "globalws") -> str:
    """The ARN of a region's ForwardRole; IAM makes the name, which says the region."""
    role = template.resources["ForwardRole"]["Properties"]
    path = Values(template.document, {"Deployment": deployment}).resolve(role["Path"])
    return f"{_ACCOUNT}role{path}{deployment}-eu-west-1-ForwardRole-8Q2X"


def _says(statement: Mapping[str, Any], principal: str, detail_types: Sequence[str]) -> bool:
    """Whether the statement speaks of this principal's PutEvents."""
    allowed = statement["Principal"]
    if allowed != "*" and not principal.startswith(allowed["AWS"].removesuffix("root")):
        return False
    condition = dict(statement.get("Condition", {}))
    any_of = condition.pop("ForAnyValue:StringEquals", None)
    if any_of is not None and not set(any_of["events:detail-type"]) & set(detail_types):
        return False
    unlike = condition.pop("ArnNotLike", None)
    assert not condition, f"not understood: {condition}"
    return unlike is None or not any(
        fnmatchcase(principal, pattern) for pattern in unlike["aws:PrincipalArn"]
    )


def _may_put(
    template: Template, operators: str, principal: str, *detail_types: str, iam: bool = True
) -> bool:
    """`iam`: whether the principal's own policies allow it, without which nobody may."""
    bus = template.resources["Bus"]["Properties"]
    values = Values(template.document, {"OperatorRoleArns": operators})
    policy = values.resolve(bus["Policy"])
    effects = {
        each["Effect"] for each in policy["Statement"] if _says(each, principal, detail_types)
    }
    own = principal.startswith(_ACCOUNT)
    return "Deny" not in effects and iam and (own or "Allow" in effects)


def test_the_peers_forward_messages_and_commands(template: Template) -> None:
    for operators in ("", _OPERATORS):
        for detail_type in ("MessagePublished", *_COMMANDS):
            assert _may_put(template, operators, _forward_role(template), detail_type)


def test_eventbridge_finds_the_account_admitted(template: Template) -> None:
    """A rule of a peer is refused this bus as its target unless the bus's own policy admits it."""
    policy = Values(template.document, {}).resolve(
        template.resources["Bus"]["Properties"]["Policy"]
    )
    (statement,) = policy["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == {"AWS": f"{_ACCOUNT}root"}
    assert statement["Resource"].endswith(":event-bus/globalws")
    assert "Condition" not in statement


@pytest.mark.parametrize("detail_type", _COMMANDS)
def test_without_operator_roles_iam_alone_decides(template: Template, detail_type: str) -> None:
    assert _may_put(template, "", _SOMEBODY, detail_type)
    assert not _may_put(template, "", _SOMEBODY, detail_type, iam=False)


@pytest.mark.parametrize("detail_type", _COMMANDS)
def test_with_operator_roles_nobody_else_gives_commands(
    template: Template, detail_type: str
) -> None:
    for operator in (_OPERATOR, _SSO):
        assert _may_put(template, _OPERATORS, operator, detail_type)
    for other in (_SOMEBODY, f"{_OPERATOR}2", f"{_ACCOUNT}user/Operator", f"{_ACCOUNT}root"):
        assert not _may_put(template, _OPERATORS, other, detail_type)
        assert not _may_put(template, _OPERATORS, other, "MessagePublished", detail_type)
        assert _may_put(template, _OPERATORS, other, "MessagePublished")


def test_another_deployment_s_forwarding_is_not_ours(template: Template) -> None:
    staging = _forward_role(template, "staging")
    assert not _may_put(template, _OPERATORS, staging, "PurgeRequested")


def test_another_account_is_nobody_here(template: Template) -> None:
    other = "arn:aws:iam::999999999999:role/globalws-forward/x"
    for detail_type in ("MessagePublished", *_COMMANDS):
        assert not _may_put(template, "", other, detail_type)


def test_the_api_puts_the_grants_of_back_ends_whoever_the_operators_are(template: Template) -> None:
    role = template.resources["BusDataSourceRole"]["Properties"]
    path = Values(template.document, {}).resolve(role["Path"])
    assert _may_put(template, _OPERATORS, f"{_ACCOUNT}role{path}x", "UserGrantChanged")


def test_publishers_need_no_operator_s_role(template: Template) -> None:
    assert _may_put(template, _OPERATORS, _SOMEBODY, "PublishRequested")
    policy = template.resources["PublisherPolicy"]["Properties"]["PolicyDocument"]
    (statement,) = policy["Statement"]
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {
            "events:source": "globalws",
            "events:detail-type": "PublishRequested",
        },
        "Null": {"events:source": "false", "events:detail-type": "false"},
    }


def test_a_request_to_publish_stays_in_its_region(template: Template) -> None:
    for name, rule in template.of_type("AWS::Events::Rule"):
        types = rule.get("EventPattern", {})
        assert ("PublishRequested" in str(types)) == (name == "PublishRule"), name
