"""Several deployments share an account: every name of the template carries the deployment's."""

import json

from tests.infrastructure.conftest import Template

# A stack's name begins with the deployment's (samconfig.toml, cli/deploy/stacks.py); an API's id
# is unique. Names within an API are its own.
_UNIQUE = ("${Deployment}", "${AWS::StackName}", "${Api.ApiId}", '{"Ref": "Deployment"}')
_NAMES = (
    "Name",
    "LogGroupName",
    "DashboardName",
    "AlarmName",
    "TableName",
    "QueueName",
    "RoleName",
    "FunctionName",
    "TopicName",
    "BucketName",
)
_OF_AN_API = ("DataSource", "Resolver", "FunctionConfiguration")
_REFERENCES = {
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Logs::MetricFilter": "LogGroupName",
}


def test_no_two_deployments_have_a_name_in_common(template: Template) -> None:
    seen = 0
    for logical_id, resource in template.resources.items():
        kind = resource["Type"]
        if kind.startswith("AWS::AppSync::") and kind.endswith(_OF_AN_API):
            continue
        for property_name in _NAMES:
            value = resource.get("Properties", {}).get(property_name)
            if value is None or _REFERENCES.get(kind) == property_name:
                continue
            seen += 1
            text = json.dumps(value)
            assert any(unique in text for unique in _UNIQUE), f"{logical_id}.{property_name}"
    assert seen >= 10


def test_peers_are_reached_by_the_deployment_s_bus(template: Template) -> None:
    for name, rule in template.of_type("AWS::Events::Rule"):
        if name.startswith("ForwardTo"):
            assert rule["Targets"][0]["Arn"]["Fn::Sub"].endswith(":event-bus/${Deployment}")
