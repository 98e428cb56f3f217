"""Each role allows exactly what the code calls: no less, or it fails in AWS only; and no more."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.infrastructure.calls import (
    Call,
    adapters_without_calls,
    calls_of_function,
    calls_of_resolver,
)
from tests.infrastructure.conftest import Template
from tests.infrastructure.test_template import _listed, _references
from tests.support.stack import ROOT

# What ends leases and members, and tells the other regions.
_ENDS_MEMBERSHIPS = {
    ("dynamodb:Scan", "LeasesTable"),
    ("dynamodb:UpdateItem", "LeasesTable"),
    ("dynamodb:DeleteItem", "LeasesTable"),
    ("dynamodb:Scan", "MembersTable"),
    ("dynamodb:Query", "MembersTable"),
    ("dynamodb:DeleteItem", "MembersTable"),
    ("appsync:GraphQL", "Mutation.announceLeave"),
}
# Lambda itself hands what failed to the OnFailure queue, with the function's role.
_ON_FAILURE: Call = ("sqs:SendMessage", "FunctionDeadLetterQueue")

# By hand, beside what is found in the sources: a function that calls more must be added here too.
_ALLOWED: dict[str, set[Call]] = {
    "ReplayFunction": {("appsync:GraphQL", "Mutation.publishFromBus"), _ON_FAILURE},
    "PublishFunction": {("appsync:GraphQL", "Mutation.publishRequested"), _ON_FAILURE},
    "CommandFunction": {
        ("appsync:GraphQL", "Mutation.unsubscribe"),
        ("appsync:GraphQL", "Mutation.disconnect"),
        ("dynamodb:UpdateItem", "ChannelsTable"),
        ("dynamodb:GetItem", "AuditTable"),
        ("dynamodb:PutItem", "AuditTable"),
        ("dynamodb:Query", "MessagesTable"),
        ("dynamodb:BatchWriteItem", "MessagesTable"),
        _ON_FAILURE,
    },
    "PresenceFunction": {("appsync:GraphQL", "Mutation.publishPresence")},
    "SweepFunction": {
        ("appsync:GraphQL", "Mutation.unsubscribe"),
        ("appsync:GraphQL", "Mutation.disconnect"),
        *_ENDS_MEMBERSHIPS,
        _ON_FAILURE,
    },
    "PolicyFunction": {("dynamodb:UpdateItem", "ChannelsTable"), _ON_FAILURE},
    "JanitorFunction": {
        ("appsync:GraphQL", "Mutation.unsubscribe"),
        ("appsync:GraphQL", "Mutation.disconnect"),
        ("dynamodb:Scan", "ChannelsTable"),
        ("dynamodb:UpdateItem", "ChannelsTable"),
        ("dynamodb:PutItem", "ChannelsTable"),
        *_ENDS_MEMBERSHIPS,
        ("dynamodb:PutItem", "AuditTable"),
        ("appsync:ListApiKeys", "apikeys"),
        ("appsync:UpdateApiKey", "apikeys/${ApiKey.ApiKeyId}"),
        ("appsync:UpdateApiKey", "apikeys/${ApiKeyB.ApiKeyId}"),
        _ON_FAILURE,
    },
}


def _statements(function: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for policy in function["Policies"]:
        for statement in policy["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def _allowed(function: Mapping[str, Any]) -> set[Call]:
    """(action, table, queue or field) for each that the role allows."""
    found = set()
    for statement in _statements(function):
        assert statement["Effect"] == "Allow"
        for resource in _listed(statement["Resource"]):
            if "Fn::Sub" in resource:
                path = resource["Fn::Sub"]
                assert "${Api.ApiId}/" in path, path
                name = path.split("/types/")[-1].replace("/fields/", ".")
                name = name.split(":/v1/apis/${Api.ApiId}/")[-1]
            else:
                (name,) = _references(resource)
            found |= {(action, name) for action in _listed(statement["Action"])}
    return found


def test_the_sources_are_understood() -> None:
    assert adapters_without_calls() == []


def test_every_function_is_in_the_table(template: Template) -> None:
    assert _ALLOWED.keys() == {name for name, _ in template.of_type("AWS::Serverless::Function")}


@pytest.mark.parametrize("name", sorted(_ALLOWED))
def test_a_function_may_do_exactly_what_it_calls(template: Template, name: str) -> None:
    function = dict(template.of_type("AWS::Serverless::Function"))[name]
    handler = function["Handler"].removesuffix(".handler")
    assert _allowed(function) == _ALLOWED[name]
    kept = {_ON_FAILURE} if "DestinationConfig" in function["EventInvokeConfig"] else set()
    assert calls_of_function(handler) | kept == _ALLOWED[name]


def test_appsync_may_always_write_its_logs(template: Template) -> None:
    """As AWS's guide has the role: a condition that AppSync does not meet would cost all logs."""
    role = template.resources["ApiLogsRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert "Condition" not in trust
    ((statement,),) = [each["PolicyDocument"]["Statement"] for each in role["Policies"]]
    assert set(statement["Action"]) == {
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


def test_appsync_puts_messages_only_however_iam_is_told_of_the_entries(template: Template) -> None:
    role = template.resources["BusDataSourceRole"]["Properties"]
    ((statement,),) = [each["PolicyDocument"]["Statement"] for each in role["Policies"]]
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {
            "events:source": "globalws",
            "events:detail-type": ["MessagePublished", "PresenceChanged", "UserGrantChanged"],
        },
        "Null": {"events:source": "false", "events:detail-type": "false"},
    }


# What resolvers will ask for; the role has it before them.
_AHEAD = {"ChannelsDataSource": {"dynamodb:BatchGetItem"}}


def test_a_data_source_may_do_exactly_what_its_resolvers_ask(template: Template) -> None:
    roles = dict(template.of_type("AWS::IAM::Role"))
    wanted: dict[str, set[str]] = {}
    for kind in ("Resolver", "FunctionConfiguration"):
        for _, properties in template.of_type(f"AWS::AppSync::{kind}"):
            # Where a condition chooses, the first is the source of a deployment with a store.
            sources = list(_references(properties.get("DataSourceName", {})))
            actions = calls_of_resolver(ROOT / properties["CodeS3Location"])
            for source in sources[:1]:
                wanted.setdefault(source, set()).update(actions)
    for name, source in template.of_type("AWS::AppSync::DataSource"):
        if source["Type"] == "NONE":
            assert not wanted[name]
            continue
        (role,) = _references(source["ServiceRoleArn"])
        tables = set(_references(source.get("DynamoDBConfig", {}).get("TableName", {})))
        allowed = {
            action
            for policy in roles[role]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in _listed(statement["Action"])
            # A role of two sources has a statement for each of their tables.
            if not tables or tables & set(_references(statement["Resource"]))
        }
        assert allowed == wanted[name] | _AHEAD.get(name, set()), name


@pytest.mark.parametrize("name", sorted(_ALLOWED))
def test_in_an_update_a_function_comes_after_the_fields_that_it_calls(
    template: Template, name: str
) -> None:
    """Else events that come during the deploy meet resolvers that do not know the function's call,
    and become dead letters. The other way round works: new resolvers take what old functions send.
    """
    resolvers = {
        f"{each['TypeName']}.{each['FieldName']}": logical_id
        for logical_id, each in template.of_type("AWS::AppSync::Resolver")
    }
    called = {resolvers[field] for action, field in _ALLOWED[name] if action == "appsync:GraphQL"}
    assert set(_listed(template.resources[name].get("DependsOn", []))) >= called
