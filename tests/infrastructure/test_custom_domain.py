"""The optional second template: valid, and fed by outputs that the region's stack has."""

from cfnlint.decode import cfn_yaml

from tests.infrastructure.conftest import Template
from tests.infrastructure.optional import assert_fed_by_the_region_s_stack, assert_lints
from tests.support.stack import ROOT

_PATH = ROOT / "templates" / "custom-domain.yaml"


def test_cfn_lint_has_nothing_to_say() -> None:
    assert_lints(_PATH)


def test_what_it_asks_for_the_region_s_stack_puts_out(template: Template) -> None:
    assert_fed_by_the_region_s_stack(_PATH, template)


def test_each_region_has_a_record_of_its_own_and_leaves_when_unwell() -> None:
    resources = cfn_yaml.load(str(_PATH))["Resources"]
    record = resources["NearestRecord"]["Properties"]
    assert record["Region"] == record["SetIdentifier"] == {"Ref": "AWS::Region"}
    assert record["HealthCheckId"] == {"Ref": "HealthCheck"}
    check = resources["HealthCheck"]["Properties"]["HealthCheckConfig"]
    assert check["AlarmIdentifier"]["Name"] == {"Ref": "HealthAlarmName"}
