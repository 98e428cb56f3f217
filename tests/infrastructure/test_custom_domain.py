"""The optional second template: valid, and fed by outputs that the region's stack has."""

from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from tests.infrastructure.conftest import Template
from tests.infrastructure.optional import assert_fed_by_the_region_s_stack
from tests.support.stack import ROOT

_PATH = ROOT / "templates" / "custom-domain.yaml"


def test_what_it_asks_for_the_region_s_stack_puts_out(template: Template) -> None:
    assert_fed_by_the_region_s_stack(_PATH, template)


@pytest.fixture
def resources() -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in cfn_yaml.load(str(_PATH))["Resources"].items()
    }


def _check(resources: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(resources[name]["HealthCheckConfig"])


def test_each_region_has_a_record_of_its_own_and_leaves_when_a_check_fails(
    resources: dict[str, Any],
) -> None:
    record = resources["NearestRecord"]
    assert record["Region"] == record["SetIdentifier"] == {"Ref": "AWS::Region"}
    assert record["HealthCheckId"] == {"Ref": "HealthCheck"}
    both = _check(resources, "HealthCheck")
    assert both["Type"] == "CALCULATED"
    assert both["HealthThreshold"] == len(both["ChildHealthChecks"]) == 2
    kinds = {_check(resources, each["Ref"])["Type"] for each in both["ChildHealthChecks"]}
    assert kinds == {"HTTPS", "CLOUDWATCH_METRIC"}


def test_route_53_supports_the_alarm(resources: dict[str, Any]) -> None:
    """No M out of N, no percentile, no metric math, no period below a minute."""
    check = _check(resources, "ErrorsCheck")
    alarm = resources[check["AlarmIdentifier"]["Name"]["Ref"]]
    assert not alarm.keys() & {"DatapointsToAlarm", "ExtendedStatistic", "Metrics"}
    assert alarm["Statistic"] in ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
    assert alarm["Period"] >= 60
    assert alarm["TreatMissingData"] == "notBreaching"


def test_the_https_check_passes_while_appsync_refuses_and_fails_when_it_does_not_answer(
    resources: dict[str, Any],
) -> None:
    check = _check(resources, "AnswersCheck")
    # The region's own gateway: the shared name may lead to another region.
    host = check["FullyQualifiedDomainName"]["Fn::Sub"]
    assert host.startswith("${Gateway}.execute-api.${AWS::Region}.")
    assert resources["Gateway"].get("DisableExecuteApiEndpoint") is not True
    assert resources["HealthRoute"]["RouteKey"] == f"GET {check['ResourcePath']}"
    integration = resources["HealthIntegration"]
    assert integration["IntegrationUri"] == {"Ref": "GraphQLUrl"}
    assert integration["TimeoutInMillis"] < 4000
    shown = {
        status: answer["ResponseParameters"][0]["Source"]
        for status, answer in integration["ResponseParameters"].items()
    }
    assert shown == dict.fromkeys(("400", "401", "403", "429"), "200")
