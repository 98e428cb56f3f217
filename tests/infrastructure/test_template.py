"""What the template must contain after every change."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.infrastructure.conftest import Template
from tests.infrastructure.values import Values
from tests.support.stack import ROOT


def _references(value: Any) -> Iterator[str]:
    """Logical ids that a value refers to by Ref or Fn::GetAtt."""
    if isinstance(value, Mapping):
        if "Ref" in value:
            yield str(value["Ref"])
        if "Fn::GetAtt" in value:
            attribute = value["Fn::GetAtt"]
            yield attribute.split(".")[0] if isinstance(attribute, str) else str(attribute[0])
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _statements(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every statement of every role, whether SAM or the template makes the role."""
    for name, role in template.of_type("AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, function in template.of_type("AWS::Serverless::Function"):
        for policy in function.get("Policies", []):
            assert isinstance(policy, Mapping), f"{name}: a managed policy grants too much"
            for statement in policy["Statement"]:
                yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_role_may_do_everything_or_everywhere(template: Template) -> None:
    seen = 0
    for name, statement in _statements(template):
        seen += 1
        for action in _listed(statement["Action"]):
            assert "*" not in action, f"{name}: {action}"
        for resource in _listed(statement["Resource"]):
            assert resource != "*", name
    assert seen >= 5


def test_every_function_has_its_log_group_with_retention(template: Template) -> None:
    groups = dict(template.of_type("AWS::Logs::LogGroup"))
    for name, function in template.of_type("AWS::Serverless::Function"):
        (group,) = _references(function["LoggingConfig"]["LogGroup"])
        assert groups[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_an_invocation_that_ends_well_writes_no_line_of_lambda_s_own(template: Template) -> None:
    logging = template.document["Globals"]["Function"]["LoggingConfig"]
    assert logging == {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    for name, function in template.of_type("AWS::Serverless::Function"):
        assert function["LoggingConfig"].keys() == {"LogGroup"}, name  # the rest is merged in


# A change of presence that is late is wrong: after a minute it is dropped, and never redriven.
_DROPS = {"PresenceFunction"}


def test_every_function_keeps_what_it_failed_on(template: Template) -> None:
    queues = dict(template.of_type("AWS::SQS::Queue"))
    for name, function in template.of_type("AWS::Serverless::Function"):
        if name in _DROPS:
            retries = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60}
            assert function["EventInvokeConfig"] == retries
            continue
        on_failure = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert on_failure["Type"] == "SQS", name
        assert next(_references(on_failure["Destination"])) in queues, name


def test_every_rule_target_has_a_dead_letter_queue_that_events_may_write_to(
    template: Template,
) -> None:
    allowed = set()
    for _, policy in template.of_type("AWS::SQS::QueuePolicy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow" and statement["Principal"] == {
                "Service": "events.amazonaws.com"
            }:
                assert statement["Action"] == "sqs:SendMessage"
                assert "aws:SourceArn" in statement["Condition"]["ArnLike"]
                allowed |= set(_references(policy["Queues"]))
    rules = list(template.of_type("AWS::Events::Rule"))
    assert len(rules) >= 2
    for name, rule in rules:
        for target in rule["Targets"]:
            if rule.get("EventPattern", {}).get("detail-type") == ["PresenceChanged"]:
                assert "DeadLetterConfig" not in target, name
                assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 60, name
                continue
            (queue,) = _references(target["DeadLetterConfig"]["Arn"])
            assert queue in allowed, f"{name}: EventBridge may not write to {queue}"
            if "EventPattern" in rule:  # what a schedule missed, its next run does
                assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86400, name


def test_queues_keep_their_messages_as_long_as_sqs_can_and_encrypt_them(
    template: Template,
) -> None:
    for name, queue in template.of_type("AWS::SQS::Queue"):
        assert queue["MessageRetentionPeriod"] == 1_209_600, name
        assert queue["SqsManagedSseEnabled"] is True, name


def test_executions_are_reserved_for_commands_only_when_asked_for(template: Template) -> None:
    """By default none: a new account has ten, of which Lambda lets nobody reserve any."""
    for given, reserved in (("0", None), ("5", "5")):
        values = Values(template.document, {"CommandConcurrency": given})
        for name, function in template.of_type("AWS::Serverless::Function"):
            wanted = reserved if name in ("CommandFunction", "PolicyFunction") else None
            found = values.resolve({"is": function.get("ReservedConcurrentExecutions")})
            assert found.get("is") == wanted, name
    assert str(template.document["Parameters"]["CommandConcurrency"]["Default"]) == "0"


def test_audit_records_outlive_the_stack(template: Template) -> None:
    table = template.resources["AuditTable"]
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert "TableName" not in table["Properties"], "a later stack could not make its own"


def test_every_rule_may_invoke_its_function(template: Template) -> None:
    permitted = {
        (next(_references(each["SourceArn"])), next(_references(each["FunctionName"])))
        for _, each in template.of_type("AWS::Lambda::Permission")
    }
    functions = dict(template.of_type("AWS::Serverless::Function"))
    for name, rule in template.of_type("AWS::Events::Rule"):
        for target in rule["Targets"]:
            for referred in _references(target["Arn"]):
                if referred in functions:
                    assert (name, referred) in permitted


def test_messages_make_one_hop(template: Template) -> None:
    """The forwarding rules match only what originates here, the replay rule only what does not."""
    rules = {
        name: rule["EventPattern"]
        for name, rule in template.of_type("AWS::Events::Rule")
        if "EventPattern" in rule
    }
    here = {"Ref": "AWS::Region"}
    assert rules["ReplayRule"]["detail"]["region"] == [{"anything-but": here}]
    forwards = [pattern for name, pattern in rules.items() if name.startswith("Forward")]
    assert forwards
    for pattern in forwards:
        for branch in pattern.get("$or", [pattern]):
            if "MessagePublished" in branch["detail-type"]:
                assert branch["detail"]["region"] == [here]
            else:
                assert branch["region"] == [here]


def test_every_resolver_file_is_deployed_and_every_deployed_file_exists(
    template: Template,
) -> None:
    deployed = {
        properties["CodeS3Location"]
        for kind in ("AWS::AppSync::Resolver", "AWS::AppSync::FunctionConfiguration")
        for _, properties in template.of_type(kind)
    }
    on_disk = {
        str(path.relative_to(ROOT))
        for folder in ("resolvers", "functions")
        for path in (ROOT / "graphql" / folder).glob("*.js")
    }
    assert deployed == on_disk


def test_resolver_files_are_named_by_their_field(template: Template) -> None:
    for name, resolver in template.of_type("AWS::AppSync::Resolver"):
        expected = f"graphql/resolvers/{resolver['TypeName']}.{resolver['FieldName']}.js"
        assert resolver["CodeS3Location"] == expected, name


def test_resources_that_need_the_schema_wait_for_it(template: Template) -> None:
    for kind in ("Resolver", "FunctionConfiguration", "ApiKey"):
        for name, _ in template.of_type(f"AWS::AppSync::{kind}"):
            assert "ApiSchema" in _listed(template.resources[name]["DependsOn"]), name


def test_the_api_logs_errors_without_the_messages_text(template: Template) -> None:
    ((_, api),) = template.of_type("AWS::AppSync::GraphQLApi")
    assert api["AuthenticationType"] == "API_KEY"
    assert {"AuthenticationType": "AWS_IAM"} in api["AdditionalAuthenticationProviders"]
    assert api["LogConfig"]["FieldLogLevel"] == "ERROR"
    assert api["LogConfig"]["ExcludeVerboseContent"] is True
