"""cli/deploy/policies: what the deploy role and an operator may do, and no more than that needs.

What `make deploy` and the SAM CLI call themselves is recorded in tests/deploy, and
what `globalws` calls in tests/e2e/test_operate.py. Here: what CloudFormation does in the deploy
role's name, and what the sources contain, calls for AWS alone included.
"""

import ast
import json
from collections.abc import Iterator

import pytest

from tests.infrastructure.conftest import Template
from tests.support.policies import FOLDER, refused, statements
from tests.support.recorder import action_of
from tests.support.stack import ROOT

# What creating, updating, reading and deleting a resource takes (its type's handlers in the
# CloudFormation registry; `aws cloudformation describe-type` tells them).
_ROLE = {
    *("iam:CreateRole", "iam:DeleteRole", "iam:GetRole", "iam:PassRole", "iam:PutRolePolicy"),
    *("iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies"),
    *("iam:ListAttachedRolePolicies", "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy"),
}
_OF_CLOUDFORMATION = {
    "AWS::AppSync::ApiKey": {"appsync:CreateApiKey", "appsync:DeleteApiKey", "appsync:ListApiKeys"},
    "AWS::AppSync::DataSource": {
        *("appsync:CreateDataSource", "appsync:UpdateDataSource", "appsync:DeleteDataSource"),
        *("appsync:GetDataSource", "iam:PassRole"),
    },
    "AWS::AppSync::FunctionConfiguration": {
        *("appsync:CreateFunction", "appsync:UpdateFunction", "appsync:DeleteFunction"),
        *("appsync:GetFunction", "s3:GetObject"),
    },
    "AWS::AppSync::GraphQLApi": {
        *("appsync:CreateGraphqlApi", "appsync:UpdateGraphqlApi", "appsync:DeleteGraphqlApi"),
        *("appsync:GetGraphqlApi", "appsync:GetGraphqlApiEnvironmentVariables"),
        *("appsync:PutGraphqlApiEnvironmentVariables", "appsync:ListTagsForResource"),
        *("appsync:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole"),
    },
    "AWS::AppSync::GraphQLSchema": {
        *("appsync:StartSchemaCreation", "appsync:GetSchemaCreationStatus", "s3:GetObject"),
    },
    "AWS::AppSync::Resolver": {
        *("appsync:CreateResolver", "appsync:UpdateResolver", "appsync:DeleteResolver"),
        *("appsync:GetResolver", "s3:GetObject"),
    },
    "AWS::CloudWatch::Alarm": {
        *("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"),
    },
    "AWS::CloudWatch::Dashboard": {
        *("cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard"),
    },
    "AWS::DynamoDB::Table": {
        *("dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable"),
        *("dynamodb:DescribeTable", "dynamodb:UpdateTimeToLive", "dynamodb:DescribeTimeToLive"),
        *("dynamodb:UpdateContinuousBackups", "dynamodb:DescribeContinuousBackups"),
        *("dynamodb:TagResource", "dynamodb:ListTagsOfResource", "kms:DescribeKey"),
        *("kms:CreateGrant", "kms:Decrypt"),
    },
    "AWS::Events::EventBus": {
        *("events:CreateEventBus", "events:UpdateEventBus", "events:DeleteEventBus"),
        *("events:DescribeEventBus", "events:PutPermission", "events:RemovePermission"),
    },
    "AWS::Events::EventBusPolicy": {
        *("events:PutPermission", "events:RemovePermission", "events:DescribeEventBus"),
    },
    "AWS::Events::Rule": {
        *("events:PutRule", "events:DeleteRule", "events:DescribeRule", "events:PutTargets"),
        *("events:RemoveTargets", "events:ListTargetsByRule", "iam:PassRole"),
    },
    "AWS::IAM::ManagedPolicy": {
        *("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:GetPolicy"),
        *("iam:DeletePolicyVersion", "iam:GetPolicyVersion", "iam:ListPolicyVersions"),
    },
    "AWS::IAM::Role": _ROLE,
    "AWS::Lambda::Permission": {
        *("lambda:AddPermission", "lambda:RemovePermission", "lambda:GetPolicy"),
    },
    "AWS::Logs::LogGroup": {
        *("logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DescribeLogGroups"),
        *("logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:ListTagsForResource"),
        "logs:TagResource",
    },
    "AWS::Logs::MetricFilter": {
        *("logs:PutMetricFilter", "logs:DeleteMetricFilter", "logs:DescribeMetricFilters"),
    },
    "AWS::SQS::Queue": {
        *("sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
        *("sqs:SetQueueAttributes", "sqs:ListQueueTags", "sqs:TagQueue"),
    },
    "AWS::SQS::QueuePolicy": {"sqs:SetQueueAttributes", "sqs:GetQueueAttributes"},
    # SAM makes of it the function, its role and what becomes of asynchronous calls.
    "AWS::Serverless::Function": {
        *("lambda:CreateFunction", "lambda:DeleteFunction", "lambda:GetFunction"),
        *("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:TagResource"),
        *("lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"),
        *("lambda:PutFunctionEventInvokeConfig", "lambda:UpdateFunctionEventInvokeConfig"),
        *("lambda:DeleteFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig"),
        *("s3:GetObject", *_ROLE),
    },
}
_SERVICES = {
    "sqs": "sqs",
    "events": "events",
    "functions": "lambda",
    "tables": "dynamodb",
    "logs": "logs",
    "metrics": "cloudwatch",
    "stacks": "cloudformation",
}


def test_cloudformation_may_do_all_that_the_template_s_resources_take(template: Template) -> None:
    types = {each["Type"] for each in template.resources.values()}
    assert types <= _OF_CLOUDFORMATION.keys(), "say what the new type takes, here and in the policy"
    for kind in sorted(types):
        assert refused("deploy", _OF_CLOUDFORMATION[kind]) == set(), kind


def _calls(path: str) -> Iterator[tuple[str, str]]:
    """(attribute of `Clients`, operation) of each call in a source file."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="get_paginator", value=ast.Attribute(attr=service)),
                args=[ast.Constant(value=str(operation))],
            ) if service in _SERVICES:
                yield service, operation
            case ast.Attribute(attr=operation, value=ast.Attribute(attr=service)) if (
                service in _SERVICES and operation != "get_paginator"
            ):
                yield service, operation


def _actions(path: str) -> set[str]:
    found = set()
    for service, operation in _calls(path):
        name = "".join(word.capitalize() for word in operation.removesuffix("_batch").split("_"))
        found.add(f"{_SERVICES[service]}:{'InvokeFunction' if name == 'Invoke' else name}")
    return found


def test_an_operator_may_do_exactly_what_the_command_calls() -> None:
    """But for rotating keys, which changes the stack: that takes the deploy role."""
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "cli" / "adapters").glob("*.py")}
    sources.remove("cli/adapters/stack_parameters.py")
    called = {action for source in sources for action in _actions(source)}
    assert len(called) > 8
    allowed = {action for each in statements("operate") for action in each["Action"]}
    assert allowed - {"appsync:GraphQL"} == called  # GraphQL is signed, if there is no API key


def test_the_deploy_role_may_rotate_keys() -> None:
    called = _actions("cli/adapters/stack_parameters.py")
    assert called == {"cloudformation:UpdateStack"}
    assert refused("deploy", called | _OF_CLOUDFORMATION["AWS::AppSync::ApiKey"]) == set()


@pytest.mark.parametrize("name", ["deploy", "operate"])
def test_a_policy_is_narrow_and_iam_takes_it(name: str) -> None:
    compact = json.dumps(json.loads((FOLDER / f"{name}.json").read_text()), separators=(",", ":"))
    assert len(compact) <= 6_144  # of a managed policy, without blanks
    for statement in statements(name):
        for action in statement["Action"]:
            service, operation = action.split(":")
            assert operation.rstrip("*").rstrip() in ("Describe", "Get", "List") or (
                "*" not in action
            ), action
            assert service != "*"
        if statement["Resource"] == ["*"]:
            # These know no narrower resource.
            assert set(statement["Action"]) <= {
                "cloudformation:GetTemplateSummary",
                "cloudformation:ValidateTemplate",
                "cloudwatch:DescribeAlarms",
            }, statement["Sid"]
        else:
            assert all(
                "globalws" in each or "aws-sam-cli" in each or statement["Sid"] in _ANY_NAME
                for each in statement["Resource"]
            ), statement["Sid"]


# Whose names AWS makes, or which are not the deployment's.
_ANY_NAME = frozenset(
    {"Transforms", "Api", "ApiWithIam", "AppSyncsOwnRole", "EncryptedTables", "FindLogGroups"}
    | {"Logs", "Trace"}  # AppSync names its log group by the API's id
)


@pytest.mark.parametrize(
    ("method", "path", "service", "headers", "body", "action"),
    [
        ("POST", "/", "cloudformation", {}, b"Action=DescribeStacks&StackName=x",
         "cloudformation:DescribeStacks"),
        ("POST", "/", "dynamodb", {"x-amz-target": "DynamoDB_20120810.GetItem"}, b"{}",
         "dynamodb:GetItem"),
        ("POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "monitoring",
         {}, b"", "cloudwatch:DescribeAlarms"),
        ("POST", "/", "sqs", {"x-amz-target": "AmazonSQS.DeleteMessageBatch"}, b"{}",
         "sqs:DeleteMessage"),
        ("PUT", "/bucket/a/key", "s3", {}, b"", "s3:PutObject"),
        ("GET", "/bucket?list-type=2", "s3", {}, b"", "s3:ListBucket"),
        ("POST", "/bucket?delete", "s3", {}, b"", "s3:DeleteObject"),
        ("POST", "/2015-03-31/functions/f/invocations", "lambda", {}, b"",
         "lambda:InvokeFunction"),
    ],
)  # fmt: skip
def test_a_request_s_action_is_known(
    method: str, path: str, service: str, headers: dict[str, str], body: bytes, action: str
) -> None:
    signed = {"authorization": f"AWS4-HMAC-SHA256 Credential=k/20261126/us-west-2/{service}"
              "/aws4_request, SignedHeaders=host, Signature=0"}  # fmt: skip
    assert action_of(method, path, signed | headers, body) == action


def test_a_request_that_is_not_understood_is_told() -> None:
    with pytest.raises(ValueError, match="not signed"):
        action_of("GET", "/", {}, b"")
