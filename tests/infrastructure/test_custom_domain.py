"""The optional second template: valid, and fed by outputs that the region's stack has."""

import subprocess

from cfnlint.decode import cfn_yaml

from tests.infrastructure.conftest import Template
from tests.support.stack import ROOT

_PATH = ROOT / "templates" / "custom-domain.yaml"


def test_cfn_lint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [str(ROOT / ".venv/bin/cfn-lint"), str(_PATH), "--regions", "us-west-2", "ap-southeast-2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_what_it_asks_for_the_region_s_stack_puts_out(template: Template) -> None:
    document = cfn_yaml.load(str(_PATH))
    for name, parameter in document["Parameters"].items():
        if "of the region's stack" in parameter["Description"]:
            assert name in template.document["Outputs"], name


def test_each_region_has_a_record_of_its_own_and_leaves_when_unwell() -> None:
    resources = cfn_yaml.load(str(_PATH))["Resources"]
    record = resources["NearestRecord"]["Properties"]
    assert record["Region"] == record["SetIdentifier"] == {"Ref": "AWS::Region"}
    assert record["HealthCheckId"] == {"Ref": "HealthCheck"}
    check = resources["HealthCheck"]["Properties"]["HealthCheckConfig"]
    assert check["AlarmIdentifier"]["Name"] == {"Ref": "HealthAlarmName"}
